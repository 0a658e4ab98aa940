// What the server hands over with the page: texts in the person's language, and numbers.

export type Decision = "keep" | "reject" | "unsure" | "broken";
export type Pool = "negative" | "positive";

export type Queue =
  | "newest"
  | "random"
  | "likely"
  | "uncertain"
  | "below"
  | "suspects"
  | "audit"
  | "second";

/** What an audit allows to say. Shares are between 0 and 1. */
export interface Bound {
  at_most: number;
  checked: number;
  found: number;
  frame: number;
  goal: { at_most: number; more: number } | null;
}

/** How far a slice below a score is from being kept at once. */
export interface Slice {
  audit: string;
  below: number;
  frame: number;
  sample: number;
  found: number;
  /** Covers of the topic in it, at most. */
  most: number;
  state: "given" | "unfinished" | "too_many" | "lost";
  n?: number;
  /** Covers that would be kept. */
  left: number;
}

export interface Progress {
  total: number;
  done: number;
  rejected: number;
  leased: number;
  paced: number;
  paced_ms: number;
  bound: Bound | null;
  slice: Slice | null;
}

export interface InboxBoot {
  pool: Pool;
  order: Queue;
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

/** A share between 0 and 1 as 0.5 %, rounded up: a bound must not promise more than it holds. */
export function percent(share: number): string {
  const digits = share >= 0.1 ? 0 : share >= 0.001 ? 1 : 2;
  const unit = 10 ** (digits + 2);
  const up = Math.ceil(share * unit - 1e-6) / 10 ** digits;
  return `${new Intl.NumberFormat(boot.lang, { maximumFractionDigits: digits }).format(up)} %`;
}

/** A probability as 0.35 %. */
export function score(probability: number): string {
  return `${new Intl.NumberFormat(boot.lang, { maximumFractionDigits: 4 }).format(probability * 100)} %`;
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
