// An employee signs in with the account he has at the platform, bound once by the enterprise's invitation.

const { Refused } = require("./api");

module.exports = function makeSignInPage(house) {
  const { words, platform, session } = house;
  return {
    data: {
      busy: false, message: "", invitation: "", needsInvitation: false, tenants: [], agreed: false,
      words: Object.fromEntries(["sign_in", "sign_in_means", "invitation", "invitation_hint", "agree", "privacy"].map((key) => [key, words(key)])),
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
