// Who is signed in, and the way out; nothing where the server has no login. A form, so that it works like any link.
import { getJson } from "../api/client";
import { useData } from "../api/use";
import { t } from "../i18n";

interface Me {
  name: string | null;
  has_login: boolean;
  sees_personal_data: boolean;
}

export function Account() {
  const me = useData("me", () => getJson<Me>("/api/v1/me")).data;
  if (!me?.has_login || !me.name) return null;
  return (
    <form class="account" method="post" action="/logout">
      <span class="account-name" title={me.sees_personal_data ? undefined : t("Names, addresses and free text of people are hidden from this role")}>{me.name}</span>
      <button class="quiet" type="submit">{t("Sign out")}</button>
    </form>
  );
}
