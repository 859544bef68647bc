import { t } from "../i18n";
import { href } from "../lib/location";

export default function Lost() {
  return <p>{t("The address leads nowhere.")} <a href={href("/")}>{t("To the overview")}</a></p>;
}
