// The vendored library (see VENDORED.md) and how it is set up here.

const FILE = "oidc-client-ts.min.js";

/** Load the library, which is a classic script that leaves one global. */
function load() {
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = new URL(FILE, import.meta.url);
    script.addEventListener("load", () => resolve(globalThis.oidc));
    script.addEventListener("error", () => reject(new TypeError(`${FILE} could not be loaded.`)));
    document.head.append(script);
  });
}

/** The address of this page without query and fragment, as it is registered at the authority. */
export const ownAddress = () => new URL(".", location.href.split(/[?#]/)[0]).href;

/**
 * Return the library's manager for this configuration: tokens in memory only. In sessionStorage is what belongs to a
 * redirect that is under way: its state, its PKCE verifier, and the place to come back to.
 */
export async function userManager({ authority, clientId, scopes }) {
  const { InMemoryWebStorage, UserManager, WebStorageStateStore } = await load();
  return new UserManager({
    authority,
    client_id: clientId,
    redirect_uri: ownAddress(),
    response_type: "code",
    scope: scopes.join(" "),
    userStore: new WebStorageStateStore({ store: new InMemoryWebStorage() }),
    stateStore: new WebStorageStateStore({ store: sessionStorage }),
    automaticSilentRenew: false, // session.js renews: one at a time, and never in a hidden frame
    monitorSession: false,
    requestTimeoutInSeconds: 10,
  });
}
