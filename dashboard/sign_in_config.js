// How people sign in here, as the server wrote it into the page.

/**
 * Parse the content of `<meta name="sign-in">`.
 *
 * `mode` is "none" (authentication is off), "cognito" or "jwt" (an issuer and perhaps a `clientId`), or "unreadable",
 * so that a page that can't tell does not claim that authentication is off.
 */
export function parseConfig(text) {
  try {
    const { mode, issuer = null, authority = null, clientId = null, scopes = [] } = JSON.parse(text);
    if (mode === "none") return { mode };
    if (mode !== "cognito" && mode !== "jwt") return { mode: "unreadable" };
    return { mode, issuer, authority: authority ?? issuer, clientId, scopes };
  } catch {
    return { mode: "unreadable" };
  }
}

/** Return this page's configuration. */
export const signInConfig = () => parseConfig(document.querySelector("meta[name=sign-in]")?.content);
