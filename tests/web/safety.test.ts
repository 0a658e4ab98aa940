// The page answers to itself alone, and what strangers wrote stays text.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { connect, type AddressInfo } from "node:net";
import { test } from "node:test";

import { browse, database, drained, HOSTILE, open, serve, sheet } from "./labeler.ts";

const labeler = await serve(database(130));
const browser = await browse();

/** The status of a request written by hand: HTTP clients would mend the Host. */
function raw(lines: string[], body = ""): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = connect(labeler.port, "127.0.0.1", () => {
      const head = [...lines, `Content-Length: ${Buffer.byteLength(body)}`, "Connection: close"];
      socket.write(`${head.join("\r\n")}\r\n\r\n${body}`);
    });
    let answer = "";
    socket.on("data", (data) => (answer += data));
    socket.on("end", () => resolve(Number(answer.split(" ")[1])));
    socket.on("error", reject);
  });
}

const own = `127.0.0.1:${labeler.port}`;
const undo = JSON.stringify({ name: "00000000-0000-4000-8000-000000000000" });

test("a request for another host is misdirected, whatever it asks", async () => {
  for (const host of ["evil.test", `evil.test:${labeler.port}`, "127.0.0.1", "127.0.0.1:1", ""]) {
    assert.equal(await raw(["GET / HTTP/1.1", `Host: ${host}`]), 421, host);
    assert.equal(await raw(["POST /api/undo HTTP/1.1", `Host: ${host}`], undo), 421, host);
  }
  assert.equal(await raw(["GET / HTTP/1.1", `Host: ${own}`]), 200);
  assert.equal(await raw(["GET http://evil.test/ HTTP/1.1", `Host: ${own}`]), 421);
});

test("a change needs our own origin and JSON", async () => {
  const post = (...headers: string[]) => raw(["POST /api/undo HTTP/1.1", `Host: ${own}`, ...headers], undo);
  const json = "Content-Type: application/json";
  assert.equal(await post(json), 403);
  assert.equal(await post(json, "Origin: http://evil.test"), 403);
  assert.equal(await post(json, `Origin: http://127.0.0.1:${labeler.port + 1}`), 403);
  assert.equal(await post(json, `Origin: http://${own}`, "Sec-Fetch-Site: same-site"), 403);
  assert.equal(await post(`Origin: http://${own}`), 415);
  assert.equal(await post("Content-Type: text/plain", `Origin: http://${own}`), 415);
  assert.equal(await post(json, `Origin: http://${own}`), 200);
});

test("a name that is made to point here gets nothing", async () => {
  const rebound = await browse("--host-resolver-rules=MAP evil.test 127.0.0.1");
  const page = await (await rebound.newContext({})).newPage();
  const response = await page.goto(`http://evil.test:${labeler.port}/`);
  assert.equal(response?.status(), 421);
  const status = await page.evaluate(async () => {
    const body = JSON.stringify({ name: "00000000-0000-4000-8000-000000000001" });
    const headers = { "Content-Type": "application/json" };
    return (await fetch("/api/undo", { method: "POST", headers, body })).status;
  });
  assert.equal(status, 421);
});

test("a page on another port can neither change nor read nor show anything", async () => {
  const evil = createServer((_, response) => {
    response.setHeader("Content-Type", "text/html");
    response.end("<title>evil</title>");
  });
  await new Promise<void>((listening) => evil.listen(0, "127.0.0.1", listening));
  const { port } = evil.address() as AddressInfo;
  const page = await (await browser.newContext({})).newPage();
  const statuses: number[] = [];
  page.on("response", (response: { url(): string; status(): number }) => {
    if (response.url().includes("/api/")) statuses.push(response.status());
  });
  await page.goto(`http://127.0.0.1:${port}/`);
  const told = await page.evaluate(async (base) => {
    const outcome = (made: Promise<unknown>) => made.then(() => "done", () => "refused");
    const body = JSON.stringify({ name: "00000000-0000-4000-8000-000000000002" });
    const shown = new Promise((done, failed) => {
      const image = new Image();
      image.onload = done;
      image.onerror = failed;
      image.src = `${base}web/icon.svg`;
    });
    return {
      json: await outcome(fetch(`${base}api/undo`, { method: "POST", body, headers: { "Content-Type": "application/json" } })),
      plain: await outcome(fetch(`${base}api/undo`, { method: "POST", body, mode: "no-cors" })),
      read: await outcome(fetch(base)),
      shown: await outcome(shown),
    };
  }, labeler.url);
  evil.close();
  assert.deepEqual(told, { json: "refused", plain: "refused", read: "refused", shown: "refused" });
  assert.ok(statuses.every((status) => status === 403), String(statuses));
  assert.deepEqual(labeler.events(), []);
});

test("titles with markup and turned text stay text", async () => {
  const page = await open(browser, labeler.url);
  page.on("dialog", () => assert.fail("a title ran as script"));
  const found = new Set<string>();
  let shown: string[] = [];
  while (found.size < HOSTILE.length) {
    shown = await sheet(page, shown);
    const titles = await page.evaluate(async () => {
      const tiles = [...document.querySelectorAll("#sheet .tile")];
      return tiles.map((tile) => tile.getAttribute("aria-label") ?? "");
    });
    for (const [at, title] of titles.entries()) {
      const hostile = HOSTILE.find((text) => title.endsWith(text));
      if (!hostile) continue;
      found.add(hostile);
      await page.keyboard.press("Home");
      for (let i = 0; i < at; i++) await page.keyboard.press("ArrowRight");
      await page.keyboard.press("KeyZ");
      assert.equal(await page.locator("#loupe-title").textContent(), hostile);
      await page.keyboard.press("KeyX");
      await page.keyboard.press("Escape");
      await page.locator("#loupe").waitFor({ state: "hidden" });
    }
    await page.keyboard.press("Enter");
  }
  await drained(page);
  await page.goto(`${labeler.url}history`);
  const alts = await page.evaluate(() => [...document.querySelectorAll("td img")].map((img) => img.getAttribute("alt")));
  for (const title of HOSTILE) assert.ok(alts.includes(title), title);
  assert.equal(await page.locator("main script, main b, img[onerror]").count(), 0);
});
