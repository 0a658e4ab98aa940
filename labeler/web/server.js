// Requests to the labeler. Every change carries a name, so asking twice is asking once.

import { boot,                                                     } from "./boot.js";



























/** What became of a change; a single decision has counts alone. */













/** The labeler does not answer: what was asked may be asked again later. */
export class Away extends Error {}

/** It was started anew, and asks for the token that it printed. */
export class Locked extends Away {}

/** It serves another topic or database now: what is asked here is not for it. */
export class Elsewhere extends Away {}

/** The labeler said no, and why. */
export class Refused extends Error {}

async function post   (path        , body         , keepalive = false)             {
  let response          ;
  try {
    response = await fetch(path, {
      method: "POST",
      headers: { "Content-Type": "application/json", "Whisker-Home": encodeURIComponent(boot.home) },
      body: JSON.stringify(body),
      keepalive,
    });
  } catch {
    throw new Away();
  }
  const answer = await response.json().catch(() => ({}));
  if (response.ok) return answer     ;
  const why = String((answer                      ).error ?? response.status);
  if (response.status === 401) throw new Locked(why);
  if (response.status === 421) throw new Elsewhere(why);
  // Busy or broken for now, as opposed to wrong for ever.
  throw response.status >= 500 ? new Away(why) : new Refused(why);
}




















/** A part of a cover, in thousandths of its width and height. */







async function get   (path        )             {
  const response = await fetch(path).catch(() => null);
  if (response?.status === 401) throw new Locked();
  const answer = response?.ok ? await response.json().catch(() => null) : null;
  if (answer === null) throw new Away();
  return answer     ;
}

export const server = {
  news: (queue       ) => get      (`/api/news?order=${queue}`),
  sheet: (sheet        , pool      , order        , size        ) =>
    post                                          ("/api/sheet", { sheet, pool, order, size }),
  release: (name        ) => post      ("/api/release", { name }, true),
  undo: (name        ) => post                     ("/api/undo", { name }),
  redo: (name        ) => post                     ("/api/redo", { name }),
  /** The view of a cover that decided its score; null: the whole cover, or no model has looked. */
  region: (sha256        ) => get                           (`/api/region/${sha256}`),
  /** A change kept in the outbox until it is answered. */
  send: (path        , body         ) => post       (path, body),
  /** Keeps what is left of an audit's slice. */
  keep: (name        , audit        ) => post        ("/api/keep", { name, audit }),
  audit: (name        , pool      , below               ) => post      ("/api/audit", { name, pool, below }),
};

/** The original if it was kept, else the preview. */
export function large(sha256        )         {
  return `/large/${sha256}`;
}

export function preview(sha256        )         {
  return `/preview/${sha256}.jpg`;
}
