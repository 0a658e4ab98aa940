// What the server hands over with the page: texts in the person's language, and numbers.














/** What an audit allows to say. Shares are between 0 and 1. */








/** How far a slice below a score is from being kept at once. */

































/** What the settings page keeps in cookies. */



















export const boot       = JSON.parse(element("boot").textContent ?? "");

const numbers = new Intl.NumberFormat(boot.lang);

/** A text of the catalogue, its braces filled in; numbers as the language writes them. */
export function say(key        , values                                  = {})         {
  const text = boot.text[key];
  if (text === undefined) throw new Error(`no text named ${key}`);
  return text.replace(/\{(\w+)\}/g, (_, name        ) => {
    const value = values[name] ?? "";
    return typeof value === "number" ? numbers.format(value) : value;
  });
}

/** A share between 0 and 1 as 0.5 %, rounded up: a bound must not promise more than it holds. */
export function percent(share        )         {
  const digits = share >= 0.1 ? 0 : share >= 0.001 ? 1 : 2;
  const unit = 10 ** (digits + 2);
  const up = Math.ceil(share * unit - 1e-6) / 10 ** digits;
  return `${new Intl.NumberFormat(boot.lang, { maximumFractionDigits: digits }).format(up)} %`;
}

/** A probability as 0.35 %. */
export function score(probability        )         {
  return `${new Intl.NumberFormat(boot.lang, { maximumFractionDigits: 4 }).format(probability * 100)} %`;
}

/** An element that the server's page always has. */
export function element                                     (id        )    {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no #${id}`);
  return found     ;
}

/** The only match inside, which the server's templates always have. */
export function within                                 (root            , selector        )    {
  const found = root.querySelector   (selector);
  if (!found) throw new Error(`nothing matches ${selector}`);
  return found;
}

/** A copy of a template's one list item. It is made of this document: a template's own loads no pictures. */
export function fresh(template                     )                {
  return document.importNode(within               (template.content, "li"), true);
}
