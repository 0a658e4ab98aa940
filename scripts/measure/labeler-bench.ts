// What a person waits for, in real Chromium over a large database.
//
//   scripts/setup --browser && cargo build --workspace --bins
//   scripts/measure/labeler-bench COVERS [--covers 100000] [--turns 30]
//
// COVERS is a folder of pictures. They are imported once, and then multiplied in the database
// under other identities, each with a score. Medians and the 95th percentile, milliseconds, for
// every order. Never run by ./test.

import { execFileSync } from "node:child_process";
import { resolve } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { parseArgs } from "node:util";

import { ahead, browse, copied, database, drained, open, serve, sheet, type Page } from "../../tests/web/labeler.ts";

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { covers: { type: "string", default: "100000" }, turns: { type: "string", default: "30" } },
});
const [photos] = positionals;
if (!photos) throw new Error("usage: scripts/measure/labeler-bench COVERS [--covers N] [--turns N]");
const COVERS = Number(values.covers);
const TURNS = Number(values.turns);

function prepare(): string {
  const path = database(0);
  const crawler = resolve(import.meta.dirname, "../../target/debug/crawler");
  execFileSync(crawler, ["import", photos, "--pool", "negative", "--database", `sqlite:${path}`, "--quiet"], {
    stdio: "ignore",
  });
  const db = new DatabaseSync(path);
  // No near-duplicates: each stands for itself, or a tile would stand for a hundred.
  db.exec(`
    pragma synchronous = off;
    begin;
    delete from near_duplicate;
    update cover set representative = null;
    create temp table base as select id, row_number() over (order by id) as n from cover;
    create temp table made as
      with recursive more(n) as (select 1 union all select n + 1 from more where n < ${COVERS})
      select n + (select max(id) from cover) as id, n,
             (select b.id from base b where b.n = 1 + more.n % (select count(*) from base)) as of
      from more limit max(0, ${COVERS} - (select count(*) from base));
    insert into cover (id, sha256, image_sha256, phash, width, height, bytes, format, animated, mean_rgb,
                       resize_rule, representative, created_at)
      select m.id, randomblob(32), randomblob(32), random(), c.width, c.height, c.bytes, c.format, c.animated,
             c.mean_rgb, c.resize_rule, null, c.created_at + m.n
      from made m join cover c on c.id = m.of;
    insert into cover_image (cover_id, image, preview, original)
      select m.id, zeroblob(8), i.preview, null from made m join cover_image i on i.cover_id = m.of;
    insert into video (id, site, key, url, title, seen_at)
      select m.id + 1000000, 'test', m.n, 'https://site.example/' || m.n, 'Cover ' || m.n, 1 from made m;
    insert into sighting (video_id, cover_id, image_url, seen_at)
      select m.id + 1000000, m.id, 'https://img.example/' || m.n, 1 from made m;
    insert into pool (topic_id, cover_id, pool, since) select 1, m.id, 'negative', 1790000000000 + m.n from made m;
    insert into model values (1, 1, 'drawn', null, 'lenet', zeroblob(32), '{}', 0, 1790000000000);
    insert into promotion values (1, 1, 1, 'drawn', 1790000000000);
    insert into score (model_id, cover_id, probability, scored_at)
      select 1, id, abs(random() % 1000000) / 1000000.0, 1790000000000 from cover;
    commit;
    analyze`);
  db.close();
  return path;
}

function told(times: number[]): string {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
  return `${at(0.5).toFixed(1).padStart(7)} ${at(0.95).toFixed(1).padStart(7)}  (${sorted.length})`;
}

/** From a key to the frame after what it changed. */
function pressed(page: Page, code: string): Promise<number> {
  return page.evaluate(
    (code) =>
      new Promise<number>((done) => {
        const begun = performance.now();
        document.activeElement?.dispatchEvent(new KeyboardEvent("keydown", { code, key: code, bubbles: true }));
        requestAnimationFrame(() => {
          // A message comes after the frame was made.
          const channel = new MessageChannel();
          channel.port1.onmessage = () => done(performance.now() - begun);
          channel.port2.postMessage(null);
        });
      }),
    code,
  );
}

const prepared = prepare();
const browser = await browse();
console.log(`${COVERS} covers, ${TURNS} turns; median, 95th percentile, (n); milliseconds`);
for (const order of (process.env.ORDERS ?? "newest random likely").split(" ")) {
  const labeler = await serve(copied(prepared));
  const marks: number[] = [];
  const turns: number[] = [];
  const first: number[] = [];
  for (let time = 0; time < 3; time++) {
    const page = await open(browser, `${labeler.url}?order=${order}`);
    await sheet(page);
    first.push(await page.evaluate(() => {
      const asked = performance.getEntriesByType("resource").filter((entry) => entry.name.endsWith("/api/sheet"));
      return asked[0].duration;
    }));
    await page.close();
  }
  const page = await open(browser, `${labeler.url}?order=${order}`);
  await page.evaluate(() => performance.setResourceTimingBufferSize(100_000));
  let shown = await sheet(page);
  for (let turn = 0; turn < TURNS; turn++) {
    await ahead(page);
    await page.waitForFunction(() => {
      const previews = performance.getEntriesByType("resource").filter((entry) => entry.name.includes("/preview/"));
      return previews.length % 60 === 0;
    });
    marks.push(await pressed(page, "KeyX"));
    turns.push(await pressed(page, "Enter"));
    shown = await sheet(page, shown);
    await drained(page);
  }
  const requests = await page.evaluate(() => {
    const of = (path: string) =>
      performance.getEntriesByType("resource").filter((entry) => entry.name.endsWith(path)).map((entry) => entry.duration);
    // From the request leaving the browser to the answer's first byte: what is the labeler's.
    const labeler = (performance.getEntriesByType("resource") as PerformanceResourceTiming[])
      .filter((entry) => entry.name.endsWith("/api/confirm"))
      .map((entry) => entry.responseStart - entry.requestStart);
    return { confirm: of("/api/confirm"), labeler, sheet: of("/api/sheet") };
  });
  console.log(`\n${order}`);
  console.log(`  first sheet's answer ${told(first)}   wanted 200`);
  console.log(`  decision painted     ${told(marks)}   wanted 16`);
  console.log(`  turn, prefetched     ${told(turns)}   wanted 50`);
  console.log(`  confirm's answer     ${told(requests.confirm)}   wanted 20 at 95 %`);
  console.log(`    of it the labeler's ${told(requests.labeler)}`);
  console.log(`  next sheet's answer  ${told(requests.sheet)}`);
  await page.close();
  await labeler.stop();
}
process.exit(0);
