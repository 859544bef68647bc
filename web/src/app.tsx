// The frame of every page: where one is, where one can go, how old and how good the data is.
import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";
import { offline } from "./api/client";
import { useWarehouse } from "./api/warehouse";
import { Account } from "./components/account";
import { FilterBar } from "./components/filterbar";
import { Icon, Logo, type IconName } from "./components/icons";
import { Failed, Loading } from "./components/states";
import { Tools, Trust } from "./components/tools";
import { t, useLanguage } from "./i18n";
import { DIMENSIONS, type Dimension } from "./lib/filters";
import { here, href, useLocation } from "./lib/location";
import { useStore } from "./lib/store";

interface Page {
  path: string;
  title: () => string;
  sub?: () => string;
  icon: IconName;
  load: () => Promise<{ default: ComponentType }>;
  /** Filters that its numbers follow; absent: the page has no filters. */
  filters?: readonly Dimension[];
}

const PAGES: Page[] = [
  { path: "/", title: () => t("Overview"), sub: () => t("Is the desk keeping up, and keeping its promises?"), icon: "overview", load: () => import("./pages/overview"), filters: DIMENSIONS },
  { path: "/service-desk", title: () => t("Service desk"), sub: () => t("Flow, backlog, service level, times, changes and problems"), icon: "desk", load: () => import("./pages/service-desk"), filters: DIMENSIONS },
  { path: "/performance", title: () => t("Performance"), sub: () => t("How groups and agents resolve what they are given"), icon: "performance", load: () => import("./pages/performance"), filters: ["group", "agent"] },
  { path: "/customers", title: () => t("Customers"), sub: () => t("Who asks, how often, and how they like the answer"), icon: "customers", load: () => import("./pages/customers"), filters: ["department", "segment"] },
  { path: "/assets", title: () => t("Assets"), sub: () => t("What there is, what it is worth, and what fails"), icon: "assets", load: () => import("./pages/assets"), filters: [] },
  { path: "/finance", title: () => t("Finance"), sub: () => t("What the desk costs, and who it works for"), icon: "finance", load: () => import("./pages/finance"), filters: ["department"] },
  { path: "/live", title: () => t("Live"), sub: () => t("As it happens"), icon: "live", load: () => import("./pages/live") },
  { path: "/quality", title: () => t("Quality"), sub: () => t("What is wrong with the data, record by record"), icon: "quality", load: () => import("./pages/quality") },
  { path: "/pipeline", title: () => t("Pipeline"), sub: () => t("Runs, stages, sources, and what was set apart"), icon: "pipeline", load: () => import("./pages/pipeline") },
  { path: "/explore", title: () => t("Explore"), sub: () => t("Ask the warehouse in SQL"), icon: "explore", load: () => import("./pages/explore") },
];
const TICKETS: Page = { path: "/tickets", title: () => t("Tickets"), sub: () => t("The tickets behind a number"), icon: "tickets", load: () => import("./pages/tickets"), filters: DIMENSIONS };
const TICKET: Page = { path: "/tickets/", title: () => t("Ticket"), icon: "tickets", load: () => import("./pages/ticket") };
const LOST: Page = { path: "", title: () => t("There is no such page"), icon: "alert", load: () => import("./pages/lost") };

function pageOf(path: string): Page {
  if (path.startsWith("/tickets/")) return TICKET;
  return [...PAGES, TICKETS].find((page) => page.path === path.replace(/(.)\/$/, "$1")) ?? LOST;
}

/** Begins to load the page of the address: it takes as long as what it waits for. Body tells of a failure. */
export const loadPage = (): void => void pageOf(here().path).load().catch(() => undefined);

function Body({ page }: { page: Page }) {
  const [loaded, setLoaded] = useState<{ page: Page; view?: ComponentType; error?: unknown }>();
  useEffect(() => {
    page.load().then(
      (module) => setLoaded({ page, view: module.default }),
      (error: unknown) => setLoaded({ page, error }),
    );
  }, [page]);
  if (loaded?.page !== page) return <Loading />;
  if (!loaded.view) return <Failed error={loaded.error} retry={() => location.reload()} />;
  const View = loaded.view;
  return <View />;
}

function Nav({ current }: { current: Page }) {
  const group = (title: string, pages: Page[]) => (
    <>
      <div class="nav-title">{title}</div>
      <ul>
        {pages.map((page) => (
          <li>
            <a href={href(page.path)} aria-current={page === current || (page.path === "/service-desk" && current.path.startsWith("/tickets")) ? "page" : undefined} title={page.title()} aria-label={page.title()}>
              <Icon name={page.icon} />
              <span>{page.title()}</span>
            </a>
          </li>
        ))}
      </ul>
    </>
  );
  return (
    <nav class="nav" aria-label={t("Pages")}>
      {group(t("Service"), PAGES.slice(0, 6))}
      {group(t("Data"), PAGES.slice(6))}
    </nav>
  );
}

export function App() {
  useLanguage();
  const { path, params } = useLocation();
  const warehouse = useWarehouse();
  const [menu, setMenu] = useState(false);
  const isOffline = useStore(offline);
  const past = params.get("as_of") || null;
  const page = pageOf(path);
  useEffect(() => setMenu(false), [path, params]);
  useEffect(() => {
    document.title = `${page.title()} · Deskhouse`;
  });
  useEffect(() => {
    const escape = (event: KeyboardEvent) => event.key === "Escape" && setMenu(false);
    addEventListener("keydown", escape);
    return () => removeEventListener("keydown", escape);
  }, []);

  return (
    <div class={`shell ${menu ? "menu-open" : ""}`}>
      <a class="skip" href="#main">{t("Skip to the content")}</a>
      <button class="scrim" type="button" aria-label={t("Close the menu")} hidden={!menu} onClick={() => setMenu(false)} />
      <aside class="sidebar" id="menu">
        <a class="brand" href={href("/")} aria-label={t("Deskhouse, to the overview")}><Logo /><span>Deskhouse</span></a>
        <Nav current={page} />
        <Account />
        <p class="sidebar-foot">{warehouse.data && t("Version {version}", { version: warehouse.data.version })}</p>
      </aside>
      <div class="main">
        <header class="topbar">
          <button class="icon-button menu-button" type="button" aria-expanded={menu} aria-controls="menu" aria-label={t("Menu")} onClick={() => setMenu(true)}><Icon name="menu" /></button>
          <div class="titles">
            <h1>{page.title()}</h1>
            {page.sub && <p class="sub">{page.sub()}</p>}
          </div>
          <Trust warehouse={warehouse.data} />
          <Tools />
        </header>
        {page.filters && warehouse.data && <FilterBar dimensions={page.filters} />}
        <main class="content" id="main" tabIndex={-1}>
          {past !== null && (
            <div class="notice" role="status"><Icon name="clock" /><span class="grow">{t("All numbers are as they were as of {what}.", { what: past })} <a href={href(path, { as_of: undefined })}>{t("Back to now")}</a></span></div>
          )}
          {isOffline && (
            <div class="notice bad" role="status"><Icon name="alert" /><span class="grow">{t("The server does not answer. What is shown may be old; the page tries again by itself.")}</span></div>
          )}
          {warehouse.data?.stale && !isOffline && past === null && (
            <div class="notice" role="status"><Icon name="clock" /><span class="grow">{t("The data is old: the last run was not later than {time}.", { time: warehouse.data.age })} <a href={href("/pipeline")}>{t("See the runs")}</a></span></div>
          )}
          {warehouse.data ? <Body page={page} /> : warehouse.error !== undefined ? <Failed error={warehouse.error} retry={warehouse.retry} /> : <Loading />}
        </main>
      </div>
    </div>
  );
}
