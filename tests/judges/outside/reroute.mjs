// TikTok's hosts lead to the mock, as a hosts file and a proxy would do it; the clients stay as they were published.
export const MOCK = process.env.MOCK_URL;
export const KEY = "mock_client_key";
export const SECRET = "mock_client_secret";
const HOSTS = new Set(["www.tiktok.com", "open.tiktokapis.com"]);

export function there(address) {
  const url = new URL(address);
  return HOSTS.has(url.hostname) ? MOCK + url.pathname + url.search : String(url);
}

const original = globalThis.fetch;
globalThis.fetch = async (input, options) => {
  if (input instanceof Request) {
    const body = ["GET", "HEAD"].includes(input.method) ? undefined : await input.clone().text();
    return original(there(input.url), { method: input.method, headers: input.headers, body, ...options });
  }
  return original(there(input), options);
};

// The user's browser, who agrees to everything: the address that TikTok sends it back to.
export async function browse(address) {
  const answer = await fetch(address, { redirect: "manual" });
  const back = answer.headers.get("location");
  if (!back) throw new Error(`no way back from the authorization page: HTTP ${answer.status} ${await answer.text()}`);
  return new URL(back);
}

export function report(result) {
  console.log(JSON.stringify(result));
}
