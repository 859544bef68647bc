// A field for SQL: coloured, with words offered while one types. A textarea underneath, so that keyboard, screen reader and undo
// work as everywhere.
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { TableInfo } from "../data/schema";
import { t } from "../i18n";
import { highlight, keywords } from "../lib/highlight";

interface Offer {
  text: string;
  kind: string;
}
const OFFERS_MAX = 9;

function offersFor(word: string, text: string, tables: TableInfo[]): Offer[] {
  if (word.length < 2) return [];
  const small = word.toLowerCase();
  const used = tables.filter((table) => text.includes(table.name));
  const columns = new Map<string, string>();
  for (const table of used) for (const column of table.columns) columns.set(column.name, column.type);
  const last = small.split(".").at(-1) ?? small;
  return [
    ...[...columns].filter(([name]) => name.startsWith(last) && name !== last).map(([name, type]) => ({ text: name, kind: type })),
    ...tables.filter((table) => table.name.includes(small) && table.name !== small).map((table) => ({ text: table.name, kind: t("table") })),
    ...keywords().filter((keyword) => keyword.startsWith(small) && keyword !== small).map((keyword) => ({ text: keyword, kind: "" })),
  ].slice(0, OFFERS_MAX);
}

export function Editor({ value, onInput, onRun, tables }: { value: string; onInput: (value: string) => void; onRun: () => void; tables: TableInfo[] }) {
  const area = useRef<HTMLTextAreaElement>(null);
  const [offers, setOffers] = useState<{ list: Offer[]; on: number; from: number; left: number; top: number } | null>(null);
  const pieces = useMemo(() => highlight(value), [value]);
  useEffect(() => {
    const insert = (event: Event) => put((event as CustomEvent<string>).detail, false);
    addEventListener("deskhouse:insert", insert);
    return () => removeEventListener("deskhouse:insert", insert);
  });

  /** Writes `text` at the cursor; over the word being typed if `complete`. */
  function put(text: string, complete: boolean): void {
    const field = area.current;
    if (!field) return;
    const from = complete && offers ? offers.from : field.selectionStart;
    field.focus();
    field.setRangeText(text, from, field.selectionEnd, "end");
    onInput(field.value);
    setOffers(null);
  }
  function typed(): void {
    const field = area.current;
    if (!field) return;
    onInput(field.value);
    const before = field.value.slice(0, field.selectionStart);
    const word = /[A-Za-z_][A-Za-z_0-9.]*$/.exec(before)?.[0] ?? "";
    const list = offersFor(word, field.value, tables);
    const lines = before.split("\n");
    const dot = word.lastIndexOf(".");
    const isColumn = dot > 0 && list.every((offer) => !offer.text.includes("."));
    setOffers(list.length === 0 ? null : {
      list, on: 0, from: before.length - (isColumn ? word.length - dot - 1 : word.length),
      left: Math.min(14 + (lines.at(-1)?.length ?? 0) * 8.1, Math.max(20, field.clientWidth - 260)), top: 14 + lines.length * 21,
    });
  }
  /** Once the field was left; who has come back meanwhile may be typing. */
  function leave(): void {
    if (document.activeElement !== area.current) setOffers(null);
  }
  function key(event: KeyboardEvent): void {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      setOffers(null);
      onRun();
    } else if (offers) {
      const move = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (move) {
        event.preventDefault();
        setOffers({ ...offers, on: (offers.on + move + offers.list.length) % offers.list.length });
      } else if (event.key === "Tab" || event.key === "Enter") {
        event.preventDefault();
        put(offers.list[offers.on]?.text ?? "", true);
      } else if (event.key === "Escape") setOffers(null);
    }
  }
  return (
    <div class="editor-box">
      <div class="editor">
        <pre aria-hidden="true">{pieces.map((piece) => (piece.kind ? <span class={piece.kind}>{piece.text}</span> : piece.text))}{"\n"}</pre>
        <textarea ref={area} value={value} spellcheck={false} autocomplete="off" autocapitalize="off" aria-label={t("SQL")} aria-describedby="editor-help" onInput={typed} onKeyDown={key} onBlur={() => setTimeout(leave, 150)} />
      </div>
      {offers && (
        <div class="suggest" style={{ left: `${offers.left}px`, top: `${offers.top}px` }} role="listbox" aria-label={t("Suggestions")}>
          {offers.list.map((offer, index) => (
            <button type="button" role="option" aria-selected={index === offers.on} tabIndex={-1} class={index === offers.on ? "on" : ""} onMouseDown={(event) => { event.preventDefault(); setOffers({ ...offers, on: index }); put(offer.text, true); }}>
              {offer.text} <small>{offer.kind}</small>
            </button>
          ))}
        </div>
      )}
      <p class="small muted" id="editor-help">{t("Ctrl + Enter runs it. Reading only: SELECT over the marts, core, operational and meta.")}</p>
    </div>
  );
}
