// Where the page starts: what is shown depends on whether authentication is on, and on who is signed in.

import { showAccount, showEnded } from "./account.js";
import { getStreamTicket } from "./api.js";
import { Dashboard } from "./dashboard.js";
import { failureText, showAccess, showSignedOut, showTokenOnly, showUnreadable, silentFailureNotice } from "./gate.js";
import { userManager } from "./oidc.js";
import { useSession } from "./request.js";
import { Session } from "./session.js";
import { signInConfig } from "./sign_in_config.js";
import { completeSignIn, firstStep, flag, leave, onSignedOutElsewhere, receiveAnswer, signOut } from "./sign_in.js";
import { toast } from "./toasts.js";
import { ANYONE, viewerOf } from "./viewer.js";

const config = signInConfig();
let loading;

/** The library's manager, made when it is first needed; asked for again, where the library could not be loaded. */
function manager() {
  loading ??= userManager(config).catch((error) => {
    loading = undefined;
    throw error;
  });
  return loading;
}

const signIn = async () => leave(await manager());

/** Show the dashboard to somebody who has just signed in. */
function enter(oidc, user) {
  let dashboard = null;
  const session = new Session({
    manager: oidc,
    user,
    onEnded: () => {
      dashboard?.freeze();
      showEnded(() => signIn().catch((error) => toast(failureText(error), "bad")));
    },
  });
  const viewer = viewerOf(session);
  useSession(session);
  showAccount(viewer, () => leaveForGood(oidc));
  showAccess("in");
  onSignedOutElsewhere(() => session.end());
  dashboard = new Dashboard(viewer, { ticket: getStreamTicket, tokenExpired: () => session.refuse() });
}

/** Sign out. The orders go off the screen first, and the Back button does not bring them back. */
async function leaveForGood(oidc) {
  showAccess("pending");
  await signOut(oidc, config).catch(() => flag.set("kept"));
  location.reload();
}

async function answered() {
  const answer = receiveAnswer();
  try {
    const oidc = await manager();
    const user = await completeSignIn(oidc, answer.url);
    return () => enter(oidc, user);
  } catch (error) {
    const notice = answer.silent ? silentFailureNotice(error) : { text: failureText(error) };
    return () => showSignedOut(signIn, notice);
  }
}

async function silently() {
  try {
    await leave(await manager(), { silent: true });
    return () => showSignedOut(signIn); // the Back button led here again
  } catch (error) {
    flag.clear();
    return () => showSignedOut(signIn, { text: failureText(error) });
  }
}

const NOTICES = {
  left: { text: "You are signed out.", kind: "calm" },
  kept: { text: "You are signed out of this page, but the sign-in page could not be told: it may still know you." },
};

function signedOut() {
  const notice = NOTICES[flag.get()];
  flag.clear();
  return () => showSignedOut(signIn, notice);
}

const STEPS = {
  open: () => () => new Dashboard(ANYONE),
  unreadable: () => showUnreadable,
  token: () => () => showTokenOnly(config),
  answer: answered,
  silent: silently,
  out: signedOut,
};

const show = await STEPS[firstStep({ config, search: location.search, flag: flag.get() })]();
show();
