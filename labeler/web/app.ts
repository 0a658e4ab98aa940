// Where the script begins: what all screens share, then the screen at hand.

import { Alike } from "./alike.ts";
import { element } from "./boot.ts";
import { Found } from "./found.ts";
import { Inbox } from "./inbox.ts";
import { localise } from "./times.ts";

localise();

// Until the person chooses, the system's colours count; the link then leads to the other ones.
if (!document.documentElement.dataset.theme && matchMedia("(prefers-color-scheme: dark)").matches) {
  const link = element<HTMLAnchorElement>("theme");
  link.search = "?theme=light";
}

switch (location.pathname) {
  case "/":
  case "/suspects":
    new Inbox().start();
    break;
  case "/found":
    new Found().start();
    break;
  default:
    if (location.pathname.startsWith("/alike/")) new Alike().start();
}
