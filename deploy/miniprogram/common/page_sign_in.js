// An employee signs in with the account he has at the platform, bound once by the enterprise's invitation.

const { Refused } = require("./api");

module.exports = function makeSignInPage(house) {
  const { words, platform, session } = house;
  return {
    data: {
      busy: false, message: "", invitation: "", needsInvitation: false, tenants: [], agreed: false,
      isTerminal: false, terminalCode: "",
      words: { ...house.said("inspector_page.", ["sign_in.terminal", "sign_in.terminal_code"]), ...house.said("", ["sign_in", "sign_in_means", "invitation", "invitation_hint", "agree", "privacy"]) },
    },
    onLoad(options) {
      if (options && options.invitation) this.setData({ invitation: options.invitation, needsInvitation: true });
    },
    typed(event) {
      this.setData({ invitation: event.detail.value.trim() });
    },
    agree() {
      this.setData({ agreed: !this.data.agreed });
    },
    choose(event) {
      return this.signIn(event.currentTarget.dataset.tenant);
    },
    async signIn(tenant) {
      if (this.data.busy) return;
      if (!this.data.agreed) {
        this.setData({ message: words("agree_first") });
        return;
      }
      this.setData({ busy: true, message: "" });
      try {
        const code = await platform.signInCode(); // each is good for one call
        const chosen = typeof tenant === "string" ? tenant : undefined;
        await session.signIn(platform.signInPath, code, { invitation: this.data.invitation || undefined, tenant: chosen });
        await session.registerKey(platform.label());
        platform.replace("/pages/entry/entry");
      } catch (error) {
        this.refused(error);
      }
      this.setData({ busy: false });
    },
    turnTerminal() {
      this.setData({ isTerminal: !this.data.isTerminal, message: "" });
    },
    typeTerminal(event) {
      this.setData({ terminalCode: event.detail.value.trim() });
    },
    /** A telephone of the line, not of a person: each entry is signed by badge and PIN. */
    async enrol() {
      if (this.data.busy || !this.data.terminalCode) return;
      if (!this.data.agreed) {
        this.setData({ message: words("agree_first") });
        return;
      }
      this.setData({ busy: true, message: "" });
      try {
        await session.enrol(this.data.terminalCode);
        platform.replace("/pages/entry/entry");
      } catch (error) {
        this.refused(error);
      }
      this.setData({ busy: false });
    },
    refused(error) {
      if (!(error instanceof Refused)) throw error;
      if (error.code === "identity_unbound") this.setData({ needsInvitation: true });
      if (error.code === "tenant_required") this.setData({ tenants: error.choices });
      this.setData({ message: error.text || words("no_network") });
    },
    toPrivacy() {
      platform.open("/pages/privacy/privacy");
    },
  };
};
