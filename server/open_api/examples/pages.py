"""Examples: what a product's pages show."""

from server.open_api.examples import demo

CONTENT = {
    "digital_label": True,
    "blocks": ["label", "origin", "inspections", "logistics", "producer", "documents", "story", "corrections"],
    "origin": {"text": "安吉岭坪湾，距工厂 42 公里", "text_en": "Lingping bay in Anji, 42 km from the plant"},
    "pack": {
        "code_place": "瓶身背标左下角",
        "code_place_en": "Back label, bottom left",
        "picture": {"attachment_id": demo.YOGHURT_PICTURE, "alt": "瓶身背标", "alt_en": "The back of the bottle"},
    },
    "note": "码移到了背标",
}
