import { render } from "preact";
import { loadMetrics } from "./api/catalog";
import { startLive } from "./api/live";
import { beginWarehouse } from "./api/warehouse";
import { App, loadPage } from "./app";
import { startLanguage } from "./i18n";
import { followLinks } from "./lib/location";
import { startTheme } from "./lib/theme";
import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/shell.css";
import "./styles/parts.css";

startTheme();
const root = document.getElementById("app") as HTMLElement;
followLinks(root);
loadPage();
beginWarehouse();
// The definitions are wanted by the first number's label; without them the page still stands, with plain names.
await Promise.allSettled([startLanguage(), loadMetrics()]);
render(<App />, root);
startLive();
