// Line icons, 24 x 24, drawn in the text's colour. They decorate; the words beside them say what is meant.
const PATHS = {
  overview: "M4 13h6V4H4zM14 20h6v-9h-6zM4 20h6v-4H4zM14 8h6V4h-6z",
  desk: "M4 5h16v10H4zM9 20h6M12 15v5",
  performance: "M4 18a8 8 0 1 1 16 0M12 18l4-6",
  customers: "M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM3 20c0-3.3 2.7-6 6-6s6 2.7 6 6M16 4.5a3.5 3.5 0 0 1 0 6M17.5 14.3A6 6 0 0 1 21 20",
  assets: "M4 6h16v9H4zM2 19h20M9 15l-1 4M15 15l1 4",
  finance: "M12 3v18M16.5 7.5C16 6 14.3 5 12 5 9.500 5 7.500 6.200 7.500 8.300c0 4.700 9.200 2.500 9.200 7.200 0 2.100-2 3.500-4.700 3.500-2.500 0-4.300-1.100-4.800-2.800",
  live: "M3 12h4l3-8 4 16 3-8h4",
  quality: "M12 3l8 3v6c0 4.500-3.200 7.800-8 9-4.800-1.200-8-4.500-8-9V6zM8.500 12l2.500 2.500 4.500-5",
  pipeline: "M5 6a2 2 0 1 0 0 .1M5 18a2 2 0 1 0 0 .1M19 12a2 2 0 1 0 0 .1M7 6h4c3 0 2 6 6 6M7 18h4c3 0 2-6 6-6",
  explore: "M4 5h16M4 5v14h16V5M7.500 10l3 2.500-3 2.500M13 15h4",
  tickets: "M4 8a2 2 0 0 0 0 4v4a2 2 0 0 0 0 0h16v-4a2 2 0 0 1 0-4V6H4zM14 6v2M14 11v2M14 16v0",
  info: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM12 11v5M12 8v.01",
  alert: "M12 4L2.800 20h18.400zM12 10v4M12 17v.01",
  table: "M4 5h16v14H4zM4 10h16M4 15h16M10 5v14",
  chart: "M4 20V4M4 20h16M8 16v-5M12 16V8M16 16v-3",
  download: "M12 4v11M7 11l5 5 5-5M5 20h14",
  print: "M7 9V4h10v5M7 17H4V9h16v8h-3M7 14h10v6H7z",
  sun: "M12 16a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM12 2v2M12 20v2M4 12H2M22 12h-2M5 5l1.400 1.400M17.600 17.600L19 19M5 19l1.400-1.400M17.600 6.400L19 5",
  moon: "M20 14.500A8.500 8.500 0 0 1 9.500 4 8.500 8.500 0 1 0 20 14.500z",
  menu: "M4 7h16M4 12h16M4 17h16",
  close: "M6 6l12 12M18 6L6 18",
  calendar: "M4 6h16v14H4zM4 10h16M8 3v4M16 3v4",
  check: "M5 12.500l4.500 4.500L19 7.500",
  up: "M12 19V5M6 11l6-6 6 6",
  down: "M12 5v14M6 13l6 6 6-6",
  play: "M7 4.500v15l12-7.500z",
  stop: "M6 6h12v12H6z",
  empty: "M4 13l2.500-8h11L20 13v6H4zM4 13h5l1 2.500h4L15 13h5",
  retry: "M4 12a8 8 0 1 1 2.500 5.800M4 20v-5h5",
  clock: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM12 7v5l3.500 2",
} as const;
export type IconName = keyof typeof PATHS;

export const Icon = ({ name }: { name: IconName }) => (
  <svg viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.8" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">
    <path d={PATHS[name]} />
  </svg>
);
export const Logo = () => (
  <svg viewBox="0 0 32 32" aria-hidden="true">
    <rect width="32" height="32" rx="8" fill="var(--accent)" />
    <path d="M8 22V14M14 22V9M20 22v-6M26 22V11" stroke="var(--on-accent)" stroke-width="3" stroke-linecap="round" />
  </svg>
);
