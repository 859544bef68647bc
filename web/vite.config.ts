import { defineConfig } from "vite";

// The server that `npm run dev` asks for data; `deskhouse serve` listens there unless told otherwise.
const server = process.env.DESKHOUSE_URL ?? "http://127.0.0.1:8080";

export default defineConfig({
  build: {
    target: "es2022",
    // The Content-Security-Policy allows files of this host only: nothing is inlined as data: or as a script.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 700,
  },
  server: { proxy: { "/api": server, "/healthz": server } },
});
