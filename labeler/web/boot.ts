// What the server hands over with the page: texts in the person's language, and numbers.

export type Decision = "keep" | "reject" | "unsure" | "broken";
export type Pool = "negative" | "positive";

export interface Progress {
  total: number;
  done: number;
  rejected: number;
  leased: number;
  paced: number;
  paced_ms: number;
}

export interface InboxBoot {
  pool: Pool;
  order: string;
  dwell: number;
  progress: Progress;
  topic_mark: boolean;
}

/** What the settings page keeps in cookies. */
export interface Settings {
  /** Tiles of a sheet; null: as many as the window shows well. */
  tiles: number | null;
  /** Letters alone are keys. */
  single_keys: boolean;
  /** The loupe shows titles. */
  titles: boolean;
  /** A decision in the loupe moves on. */
  advance: boolean;
}

interface Boot {
  lang: string;
  home: string;
  text: Record<string, string>;
  settings: Settings;
  screen: unknown;
}

export const boot: Boot = JSON.parse(element("boot").textContent ?? "");

const numbers = new Intl.NumberFormat(boot.lang);

/** A text of the catalogue, its braces filled in; numbers as the language writes them. */
export function say(key: string, values: Record<string, string | number> = {}): string {
  const text = boot.text[key];
  if (text === undefined) throw new Error(`no text named ${key}`);
  return text.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = values[name] ?? "";
    return typeof value === "number" ? numbers.format(value) : value;
  });
}

/** An element that the server's page always has. */
export function element<T extends HTMLElement = HTMLElement>(id: string): T {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no #${id}`);
  return found as T;
}

/** The only match inside, which the server's templates always have. */
export function within<T extends Element = HTMLElement>(root: ParentNode, selector: string): T {
  const found = root.querySelector<T>(selector);
  if (!found) throw new Error(`nothing matches ${selector}`);
  return found;
}

/** A copy of a template's one list item. It is made of this document: a template's own loads no pictures. */
export function fresh(template: HTMLTemplateElement): HTMLLIElement {
  return document.importNode(within<HTMLLIElement>(template.content, "li"), true);
}
