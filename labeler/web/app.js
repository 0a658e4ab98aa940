// Where the script begins: what all screens share, then the screen at hand.

import { Alike } from "./alike.js";
import { element } from "./boot.js";
import { Found } from "./found.js";
import { Inbox } from "./inbox.js";
import { localise } from "./times.js";

localise();

// Until the person chooses, the system's colours count; the link then leads to the other ones.
if (!document.documentElement.dataset.theme && matchMedia("(prefers-color-scheme: dark)").matches) {
  const link = element                   ("theme");
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
