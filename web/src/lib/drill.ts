// Links from a number to its tickets: the page's filters stay, and what the number adds is said in the address.
import { href } from "./location";

export interface Drill {
  /** 'period': created in the page's period. */
  created?: "period";
  resolved?: "period";
  open?: "true";
  breached?: "true";
  stale?: "true";
  reopened?: "true";
  sort?: "created" | "resolution" | "age";
  priority?: string;
  category?: string;
  group?: string;
  agent?: string;
  department?: string;
  segment?: string;
}
export const ticketsHref = (drill: Drill): string => href("/tickets", { ...drill });
export const ticketHref = (source: string, id: string): string => href(`/tickets/${encodeURIComponent(source)}/${encodeURIComponent(id)}`);
