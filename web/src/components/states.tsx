// What a part shows when it has no numbers: it is coming, there is none, or it failed and why.
import { ApiError } from "../api/client";
import { t } from "../i18n";
import { Icon } from "./icons";

export const Loading = () => (
  <div class="skeleton" role="status">
    <span class="sr">{t("Loading")}</span>
  </div>
);

export const Empty = ({ text }: { text?: string }) => (
  <div class="state">
    <Icon name="empty" />
    <b>{t("Nothing here")}</b>
    <span>{text ?? t("No data matches the period and filters.")}</span>
  </div>
);

export function Failed({ error, retry }: { error: unknown; retry?: () => void }) {
  const problem = error instanceof ApiError ? error : undefined;
  return (
    <div class="state error" role="alert">
      <Icon name="alert" />
      <b>{problem?.title ?? t("This could not be loaded")}</b>
      <span>{problem?.detail ?? (error instanceof Error ? error.message : String(error))}</span>
      {retry && (
        <button class="button no-print" type="button" onClick={retry}>
          <Icon name="retry" /> {t("Try again")}
        </button>
      )}
    </div>
  );
}
