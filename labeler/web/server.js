// Requests to the labeler. Every change carries a name, so asking twice is asking once.





























/** What became of a change; a single decision has counts alone. */













/** The labeler does not answer: what was asked may be asked again later. */
export class Away extends Error {}

/** The labeler said no, and why. */
export class Refused extends Error {}

async function post   (path        , body         , keepalive = false)             {
  let response          ;
  try {
    response = await fetch(path, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
      keepalive,
    });
  } catch {
    throw new Away();
  }
  const answer = await response.json().catch(() => ({}));
  if (response.ok) return answer     ;
  const why = String((answer                      ).error ?? response.status);
  // Busy, broken or asking for its token for now, as opposed to wrong for ever.
  throw response.status >= 500 || response.status === 401 ? new Away(why) : new Refused(why);
}













async function get   (path        )             {
  try {
    const response = await fetch(path);
    if (response.ok) return (await response.json())     ;
  } catch {
    // As if it had not answered.
  }
  throw new Away();
}

export const server = {
  news: () => get      ("/api/news"),
  sheet: (sheet        , pool      , order        , size        ) =>
    post                                          ("/api/sheet", { sheet, pool, order, size }),
  release: (name        ) => post      ("/api/release", { name }, true),
  undo: (name        ) => post                     ("/api/undo", { name }),
  redo: (name        ) => post                     ("/api/redo", { name }),
  /** A change kept in the outbox until it is answered. */
  send: (path        , body         ) => post       (path, body),
  audit: (name        , pool      , below               ) => post      ("/api/audit", { name, pool, below }),
};

/** The original if it was kept, else the preview. */
export function large(sha256        )         {
  return `/large/${sha256}`;
}

export function preview(sha256        )         {
  return `/preview/${sha256}.jpg`;
}
