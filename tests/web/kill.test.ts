// kill -9 between confirm and reply. No timing decides what is tested: the client sends half of
// the confirm, or all of it without waiting, or reads the reply at the moment of the kill and
// forgets it. WHISKER_KILLS=100 for the whole hundred.

import assert from "node:assert/strict";
import { connect, type Socket } from "node:net";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";

import { database, serve, type Labeler } from "./labeler.ts";

const KILLS = Number(process.env.WHISKER_KILLS ?? 9);
const SIZE = 24;
const WAYS = ["half", "sent", "answered"] as const;

const labeler = await serve(database(70));

function name(n: number): string {
  return `${n.toString(16).padStart(8, "0")}-0000-4000-8000-000000000000`;
}

async function post<T>(path: string, body: unknown): Promise<T> {
  const answer = await fetch(new URL(path, labeler.url), {
    method: "POST",
    headers: { "Content-Type": "application/json", Origin: new URL(labeler.url).origin, Connection: "close" },
    body: JSON.stringify(body),
  });
  assert.equal(answer.status, 200, `${path}: ${await answer.clone().text()}`);
  return (await answer.json()) as T;
}

/** Sends a confirm so far as the way says, and kills. */
async function cut(way: (typeof WAYS)[number], body: string): Promise<void> {
  const head = [
    "POST /api/confirm HTTP/1.1",
    `Host: 127.0.0.1:${labeler.port}`,
    `Origin: http://127.0.0.1:${labeler.port}`,
    "Content-Type: application/json",
    `Content-Length: ${Buffer.byteLength(body)}`,
  ];
  const socket = await new Promise<Socket>((done, failed) => {
    const made = connect(labeler.port, "127.0.0.1", () => done(made));
    made.on("error", failed);
  });
  socket.on("error", () => undefined); // its other end dies
  const text = `${head.join("\r\n")}\r\n\r\n${body}`;
  await new Promise<void>((sent) => {
    socket.write(way === "half" ? text.slice(0, -body.length / 2) : text, () => sent());
  });
  if (way === "answered") await new Promise((first) => socket.once("data", first));
  await labeler.kill();
  socket.destroy();
}

/** The decisions of a stroke, as the file has them. */
function decided(own: Labeler, stroke: string): { covers: number; events: number; explicit: number } {
  const db = new DatabaseSync(own.database, { readOnly: true });
  const row = db
    .prepare(
      `select count(distinct cover_id) as covers, count(*) as events,
              count(*) filter (where source = 'explicit') as explicit
       from decision where stroke = ? and act = 'decide' and source <> 'propagated'`,
    )
    .get(stroke);
  db.close();
  return { ...row } as { covers: number; events: number; explicit: number };
}

test(`${KILLS} times kill -9 between confirm and reply: a sheet is wholly there or wholly not, never twice`, async () => {
  const whole = { covers: SIZE, events: SIZE, explicit: 2 };
  const none = { covers: 0, events: 0, explicit: 0 };
  const found = { half: 0, sent: 0, answered: 0 };
  for (let kill = 0; kill < KILLS; kill++) {
    const way = WAYS[kill % WAYS.length];
    const id = name(2 * kill + 1);
    const { sheet } = await post<{ sheet: { tiles: { sha256: string }[] } }>("/api/sheet", {
      sheet: id, pool: "negative", order: "random", size: SIZE,
    });
    assert.equal(sheet.tiles.length, SIZE);
    const touched = [sheet.tiles[3], sheet.tiles[7]].map(({ sha256 }) => ({ sha256, decision: "reject" }));
    const confirm = { sheet: id, touched, visible_ms: 1000 };
    await cut(way, JSON.stringify(confirm));
    const after = decided(labeler, id);
    if (after.events > 0) found[way] += 1;
    assert.deepEqual(after, after.events > 0 ? whole : none, way);
    if (way === "half") assert.deepEqual(after, none);
    if (way === "answered") assert.deepEqual(after, whole);
    await labeler.restart();
    // The page sends it again, as it does whatever it did not hear of.
    for (let again = 0; again < 2; again++) {
      await post("/api/confirm", confirm);
      assert.deepEqual(decided(labeler, id), whole, `${way}, sent again`);
    }
    await post("/api/undo", { name: name(2 * kill + 2) });
    await post("/api/release", { name: name(2 * kill + 2) });
  }
  console.log(`found after the kill: ${JSON.stringify(found)} of ${KILLS / WAYS.length} each`);
});
