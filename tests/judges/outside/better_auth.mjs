import { browse, KEY, SECRET, report } from "./reroute.mjs";
import { betterAuth } from "better-auth";
import { memoryAdapter } from "better-auth/adapters/memory";

const HERE = "https://app.example.test";
const rows = { user: [], session: [], account: [], verification: [] };
const auth = betterAuth({
  baseURL: HERE,
  secret: "a secret of the judge's own, long enough to be one",
  database: memoryAdapter(rows),
  socialProviders: { tiktok: { clientKey: KEY, clientSecret: SECRET, scope: ["user.info.basic"] } },
  telemetry: { enabled: false },
});
const cookies = new Map();

async function call(address, options = {}) {
  const headers = { origin: HERE, cookie: [...cookies].map((pair) => pair.join("=")).join("; "), ...options.headers };
  const answer = await auth.handler(new Request(address, { ...options, headers }));
  for (const line of answer.headers.getSetCookie()) {
    const [name, ...value] = line.split(";")[0].split("=");
    cookies.set(name, value.join("="));
  }
  return answer;
}

const started = await call(`${HERE}/api/auth/sign-in/social`, {
  method: "POST",
  headers: { "content-type": "application/json" },
  body: JSON.stringify({ provider: "tiktok", callbackURL: "/welcome" }),
});
const back = await browse((await started.json()).url);
const done = await call(back);
const session = await (await call(`${HERE}/api/auth/get-session`)).json();
report({
  login: Boolean(session?.user) && done.headers.get("location") === "/welcome",
  name: session?.user?.name,
  account: rows.account.length === 1 && rows.account[0].providerId === "tiktok",
  where: done.headers.get("location"),
});
