// openid-client signs in, refreshes, revokes and discovers; run by run.py in a folder that has openid-client.
// Prints one JSON line per step; exit code 1 where a step failed.
import * as oauth from "openid-client";

const env = process.env;
const officer = { username: env.OFFICER, password: env.OFFICER_PASSWORD };
const auditor = { username: env.AUDITOR, password: env.AUDITOR_PASSWORD };
const DEATH_SECONDS = 3; // every process knows within one that a session ended
let failures = 0;

async function step(name, work) {
  try {
    const result = await work();
    console.log(JSON.stringify({ step: name, ok: true, detail: "" }));
    return result;
  } catch (error) {
    failures += 1;
    const detail = `${error.name} ${error.code ?? ""}: ${error.message} ${error.cause?.message ?? ""}`.slice(0, 300);
    console.log(JSON.stringify({ step: name, ok: false, detail }));
    return undefined;
  }
}

function discover(secret) {
  const options = { algorithm: "oauth2", execute: [oauth.allowInsecureRequests] };
  return oauth.discovery(new URL(env.ISSUER), env.CLIENT_ID, undefined, oauth.ClientSecretBasic(secret), options);
}

const signIn = (config, form) => oauth.genericGrantRequest(config, "password", form);

async function call(config, accessToken, loginName) {
  const answer = await oauth.fetchProtectedResource(config, accessToken, new URL("/v1/me", env.ISSUER), "GET");
  if (!answer.ok || (await answer.json()).login_name !== loginName) throw new Error("not the officer's profile");
}

async function refusedWith(expected, work) {
  try {
    await work();
  } catch (error) {
    if (error.error !== expected) throw error;
    return;
  }
  throw new Error("not refused");
}

async function dies(accessToken) {
  const until = Date.now() + DEATH_SECONDS * 1000;
  const headers = { Authorization: `Bearer ${accessToken}` };
  while ((await fetch(new URL("/v1/me", env.ISSUER), { headers })).status !== 401) {
    if (Date.now() > until) throw new Error("still served");
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

const config = await step("discovers (RFC 8414)", () => discover(env.CLIENT_SECRET));
await step("finds the document whole", () => {
  const { issuer, token_endpoint, revocation_endpoint, jwks_uri } = config.serverMetadata();
  if (issuer !== env.ISSUER || !token_endpoint || !revocation_endpoint || !jwks_uri) throw new Error("a member is missing");
});
await step("a wrong password is invalid_grant", () =>
  refusedWith("invalid_grant", () => signIn(config, { ...officer, password: "not-the-password" })));
await step("a wrong client secret is invalid_client", async () => {
  const stranger = await discover("not-the-secret");
  // With a WWW-Authenticate challenge the library names the status and the challenge, not the body's error.
  await signIn(stranger, officer).then(
    () => { throw new Error("not refused"); },
    (error) => { if (error.status !== 401 && error.error !== "invalid_client") throw error; },
  );
});
const first = await step("signs in (password, client_secret_basic)", () => signIn(config, officer));
await step("calls /v1/me", () => call(config, first.access_token, officer.username));
const second = await step("refreshes, and the token rotates", async () => {
  const answer = await oauth.refreshTokenGrant(config, first.refresh_token);
  if (!answer.refresh_token || answer.refresh_token === first.refresh_token) throw new Error("it did not change");
  return answer;
});
await step("calls /v1/me with the new token", () => call(config, second.access_token, officer.username));
for (const [name, token] of [
  ["the used refresh token", first.refresh_token],
  ["its successor, after that,", second.refresh_token],
]) {
  await step(`${name} is refused`, () =>
    refusedWith("invalid_grant", () => oauth.refreshTokenGrant(config, token)));
}
await step("the session's access token dies", () => dies(second.access_token));
for (const hint of ["refresh_token", "access_token"]) {
  const tokens = await step("signs in again", () => signIn(config, officer));
  await step(`revokes by ${hint} (RFC 7009)`, () =>
    oauth.tokenRevocation(config, tokens[hint], { token_type_hint: hint }));
  await step("the revoked session's calls are refused", () => dies(tokens.access_token));
  await step("and its refresh token", () =>
    refusedWith("invalid_grant", () => oauth.refreshTokenGrant(config, tokens.refresh_token)));
}
const audit = await step("signs in with a one-time code", () => signIn(config, { ...auditor, otp: env.OTP }));
await step("calls /v1/me as an auditor", () => call(config, audit.access_token, auditor.username));
process.exitCode = failures ? 1 : 0;
