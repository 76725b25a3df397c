// Who looks at the page, and what to show to them. For display only: what somebody may do, the server decides.

const READ_WRITE = { canWrite: true };

/** The viewer where authentication is off: there is nobody to tell apart, so everything is shown. */
export const ANYONE = { ...READ_WRITE, subject: null, name: null, admin: false, seesAll: true };

/** Return the claims of a JWT without verifying it; none where it can't be read, as a token may be opaque. */
export function claims(token) {
  try {
    const payload = token.split(".")[1].replaceAll("-", "+").replaceAll("_", "/");
    const bytes = Uint8Array.from(atob(payload), (character) => character.charCodeAt(0));
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return {};
  }
}

/** Return the viewer that an access token and the claims of the ID token (`profile`) speak of. */
export function viewerOf({ accessToken, profile }) {
  const { scope = "", sub = profile.sub } = claims(accessToken);
  const scopes = new Set(String(scope).split(" "));
  const admin = scopes.has("orders/admin");
  return { subject: sub, name: displayName(profile), admin, seesAll: admin, canWrite: scopes.has("orders/write") };
}

/** Return what to call somebody: a name they know, else the beginning of their subject. */
export function displayName(profile) {
  const names = [profile.preferred_username, profile["cognito:username"], profile.email];
  return names.find((name) => name && name !== profile.sub) ?? `${String(profile.sub).slice(0, 8)}…`;
}

/** Whether this viewer may cancel the order: only its owner may, also where an administrator sees everybody's. */
export function mayCancel(viewer, order) {
  if (!viewer.canWrite) return false;
  return viewer.subject === null || order.mine || order.terms?.userId === viewer.subject;
}
