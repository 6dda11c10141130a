"""WeChat: whose a code is, and signatures for pages. Through wechatpy, wrapped (decision 0171)."""

from server.adapters.wechat.apps import MiniProgram, OfficialAccount, SignedByWeChat

__all__ = ["MiniProgram", "OfficialAccount", "SignedByWeChat"]
