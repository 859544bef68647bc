// Names of what Deskhouse itself defines: presets, dimensions, priorities, statuses, segments. Everything else is data and stays as it is.
import { t } from "../i18n";
import type { Dimension } from "./filters";
import type { Preset } from "./period";

export function presetTitle(preset: Preset): string {
  return {
    "7d": t("7 days"), "28d": t("28 days"), "13w": t("13 weeks"), month: t("Last month"), quarter: t("Last quarter"), "12m": t("12 months"), all: t("All"),
  }[preset];
}
export function dimensionTitle(dimension: Dimension): string {
  return {
    priority: t("Priority"), category: t("Category"), group: t("Group"), agent: t("Agent"), department: t("Department"), segment: t("Segment"),
  }[dimension];
}
export const PRIORITIES = ["Critical", "High", "Medium", "Low"] as const;
const OWN: Record<string, () => string> = {
  Critical: () => t("Critical"), High: () => t("High"), Medium: () => t("Medium"), Low: () => t("Low"),
  Open: () => t("Open"), Pending: () => t("Pending"), Resolved: () => t("Resolved"), Closed: () => t("Closed"),
};
const SEGMENTS: Record<string, () => string> = {
  VIP: () => t("VIP"), "At Risk": () => t("At Risk"), Heavy: () => t("Heavy"), Inactive: () => t("Inactive"), New: () => t("New"), Dormant: () => t("Dormant"), Regular: () => t("Regular"),
};
export const word = (value: string) => OWN[value]?.() ?? value;
export const segmentWord = (value: string) => SEGMENTS[value]?.() ?? value;
export const valueTitle = (dimension: Dimension, value: string) =>
  dimension === "priority" ? word(value) : dimension === "segment" ? segmentWord(value) : value;
export const priorityColour = (priority: string) => `priority-${priority.toLowerCase()}`;
