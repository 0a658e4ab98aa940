// The page answers to itself alone, and what strangers wrote stays text.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { connect, type AddressInfo } from "node:net";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";

import { MODEL, browse, database, drained, FIERCE, HOSTILE, open, refused, serve, sheet } from "./labeler.ts";

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

test("a form, a picture or a frame on another port decides and shows nothing", async () => {
  const labeler = await serve(database(70));
  const cover = await open(browser, labeler.url).then(async (page) => {
    const [cover] = await sheet(page);
    await page.close();
    return cover;
  });
  const body = JSON.stringify({ name: "00000000-0000-4000-8000-000000000003", sha256: cover, decision: "reject" });
  const evil = createServer((_, response) => {
    response.setHeader("Content-Type", "text/html");
    response.end(`<title>evil</title>
      <form id=plain method=post enctype="text/plain" target=in action="${labeler.url}api/decide">
        <input name='${body.slice(0, -1).replaceAll("'", "")}, "x": "' value='"}'></form>
      <form id=undo method=post target=in action="${labeler.url}history/undo">
        <input name=name value=${"ab".repeat(16)}></form>
      <form id=settings method=post target=in action="${labeler.url}settings">
        <input name=name value=evil><input name=language value=en></form>
      <iframe name=in src="${labeler.url}settings"></iframe>`);
  });
  await new Promise<void>((listening) => evil.listen(0, "127.0.0.1", listening));
  const { port } = evil.address() as AddressInfo;
  const page = await (await browser.newContext({})).newPage();
  const statuses: number[] = [];
  page.on("response", (response: { url(): string; status(): number; request(): { method(): string } }) => {
    if (response.url().startsWith(labeler.url) && response.request().method() === "POST") {
      statuses.push(response.status());
    }
  });
  await page.goto(`http://127.0.0.1:${port}/`);
  for (const [at, form] of ["plain", "undo", "settings"].entries()) {
    await page.evaluate((form) => (document.getElementById(form) as HTMLFormElement).submit(), form);
    await page.waitForFunction(() => document.querySelectorAll("iframe").length === 1);
    while (statuses.length <= at) await page.evaluate(() => new Promise(requestAnimationFrame));
  }
  const shown = await page.evaluate(
    (base) =>
      new Promise<string>((told) => {
        const image = new Image();
        image.onload = () => told("shown");
        image.onerror = () => told("refused");
        image.src = base;
      }),
    `${labeler.url}large/${cover}`,
  );
  evil.close();
  assert.deepEqual(statuses, [403, 403, 403]);
  assert.equal(shown, "refused");
  assert.deepEqual(labeler.events(), []);
});

test("beyond loopback nothing is shown without the token, and with it everything is", async () => {
  const { code, said } = refused("serve", "--listen", "0.0.0.0:0", "--database", `sqlite:${database(0)}`);
  assert.equal(code, 2);
  assert.match(said, /other machines/);
  const mapped = await browse("--host-resolver-rules=MAP cats.lan 127.0.0.1, MAP evil.test 127.0.0.1");
  const own = await serve(database(70), 0, "--listen", "0.0.0.0:0", "--allow-host", "cats.lan");
  assert.match(own.url, /^http:\/\/cats\.lan:\d+\/#[0-9a-f]{64}$/);
  const [base] = own.url.split("#");
  const context = await mapped.newContext({ viewport: { width: 1440, height: 900 }, locale: "en-GB" });
  const page = await context.newPage();
  for (const path of ["", "found", "history", "settings", "api/sheet", "preview/0.jpg", "web/0/app.js", "nowhere"]) {
    assert.equal((await page.goto(base + path))?.status(), 401, path);
  }
  assert.equal((await page.goto(base.replace("cats.lan", "evil.test")))?.status(), 421);
  await page.goto(base);
  await page.locator("[name=token]").fill("0".repeat(64));
  await page.locator("button").click();
  await page.waitForFunction(() => document.querySelector("#why")?.textContent?.includes("not the token"));
  await page.goto(own.url);
  await sheet(page);
  assert.equal(page.url(), base, "the token does not stay in the address");
  const hidden = await page.evaluate(() => document.cookie);
  assert.ok(!hidden.includes("whisker_token"), "no script can read the cookie");
  await page.keyboard.press("Enter");
  await drained(page);
  assert.equal(own.events().filter((event) => event.source === "sheet").length, 60);
  const tab = await context.newPage();
  assert.equal((await tab.goto(`${base}history`))?.status(), 200);
  await tab.locator('form[action="/history/undo"] button').click();
  await tab.locator("main [role=status]").waitFor({ state: "visible" });
  assert.ok(own.events().some((event) => event.act === "undo"), "a form works where no Sec-Fetch-Site is sent");
});

test("the fiercest titles are text on every screen", async () => {
  const path = database(70);
  const db = new DatabaseSync(path);
  for (const [at, title] of FIERCE.entries()) {
    db.prepare("update video set title = ?, owner_name = ?, url = ? where id % ? = ?").run(
      title, title, `javascript:alert("${title.slice(0, 40)}")`, FIERCE.length, at,
    );
  }
  db.exec(`
    ${MODEL}
    insert into score (model_id, cover_id, probability, scored_at, logit) select 1, id, 0.9, 1790000000000, null from cover;
  `);
  db.close();
  const own = await serve(path);
  const page = await open(browser, own.url);
  page.on("dialog", () => assert.fail("a title ran as script"));
  await sheet(page);
  for (let at = 0; at < 8; at++) await page.keyboard.press(at % 2 ? "ArrowRight" : "KeyX");
  await page.keyboard.press("KeyZ");
  const seen = new Set<string>();
  for (let at = 0; at < 60; at++) {
    seen.add((await page.locator("#loupe-title").textContent()) ?? "");
    await page.keyboard.press("ArrowRight");
  }
  assert.deepEqual(seen, new Set(FIERCE));
  await page.keyboard.press("Escape");
  await page.keyboard.press("Enter");
  await drained(page);
  for (const screen of ["", "found", "history", "statistics", "settings"]) {
    await page.goto(own.url + screen);
    const made = await page.evaluate(() => ({
      foreign: document.querySelectorAll("main script, main i, main b, img[onerror], [href^='javascript:']").length,
      wide: document.documentElement.scrollWidth - innerWidth,
      turned: [...document.querySelectorAll("h2, #loupe-title")].some(
        (text) => /[\u202A-\u202E\u2066-\u2069]/.test(text.textContent ?? "") && !text.querySelector("bdi") && text.tagName !== "BDI",
      ),
    }));
    assert.equal(made.foreign, 0, screen);
    assert.ok(made.wide <= 0, `${screen} is ${made.wide} px too wide`);
    assert.ok(!made.turned, screen);
  }
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
