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
    // Three layers: what every page needs in one file, each page's own, and the charts, which come after the numbers.
    rolldownOptions: {
      output: { codeSplitting: { groups: [{ name: "shared", test: /node_modules\/preact|src\/(api|components|data|lib|parts)\/|src\/i18n\/index|src\/charts\/(chart|options|sparkline)\.|preload-helper/ }] } },
    },
  },
  // The server answers its own pages only, so the page's origin is changed to its own.
  server: { proxy: { "/api": { target: server, changeOrigin: true, headers: { Origin: server } } } },
});
