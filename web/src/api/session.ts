import { postJson } from "./client";
export const login = (user: string, password: string) => postJson<unknown>("/api/v1/login", { user, password });
