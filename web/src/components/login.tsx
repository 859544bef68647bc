// Shown when the server wants to know who asks.
import { useState } from "preact/hooks";
import { ApiError } from "../api/client";
import { login } from "../api/session";
import { t } from "../i18n";
import { Logo } from "./icons";

export function Login() {
  const [problem, setProblem] = useState("");
  const [busy, setBusy] = useState(false);
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    setBusy(true);
    try {
      await login(String(form.get("user")), String(form.get("password")));
      location.reload();
    } catch (error) {
      setProblem(error instanceof ApiError ? error.detail || error.title : String(error));
      setBusy(false);
    }
  };
  return (
    <main class="panel login">
      <a class="brand" href="/"><Logo /><span>Deskhouse</span></a>
      <h1>{t("Log in")}</h1>
      <form onSubmit={submit}>
        <label>{t("User")}<input class="field" name="user" autocomplete="username" required autofocus /></label>
        <label>{t("Password")}<input class="field" name="password" type="password" autocomplete="current-password" required /></label>
        {problem && <p class="bad small" role="alert">{problem}</p>}
        <button class="button primary" type="submit" disabled={busy}>{t("Log in")}</button>
      </form>
    </main>
  );
}
