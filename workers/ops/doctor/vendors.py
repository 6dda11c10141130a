"""The accounts at WeChat, Alipay and Aliyun: whether they answer, and know us. Nobody gets a message."""

import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager

from server.domains.access.ports import CodeRefused, IdentityProvider, VendorAway
from server.settings import Settings
from server.wiring import Vendors, open_vendors
from workers.ops.doctor.findings import Finding, fail, ok
from workers.ops.doctor.patient import Patient

NOBODYS_CODE = "doctor-asks-nobody-answers"


async def accounts(patient: Patient) -> list[Finding]:
    """A line for each account that the settings name."""
    if patient.settings is None:
        return []
    with _opened(patient.settings) as vendors:
        asked = [_provider(way, provider) for way, provider in vendors.providers.items()]
        found = await asyncio.gather(*asked)
        if vendors.sms is not None:
            found.append(_told("aliyun_sms", knows_us=await vendors.sms.knows_us()))
    return found or [ok("vendors_none")]


@contextmanager
def _opened(settings: Settings) -> Iterator[Vendors]:
    """Without the lines that a server would log: each finding says it once."""
    quiet = logging.getLogger("server.adapters")
    level = quiet.level
    quiet.setLevel(logging.CRITICAL)
    vendors = open_vendors(settings)
    try:
        yield vendors
    finally:
        vendors.close()
        quiet.setLevel(level)


async def _provider(way: str, provider: IdentityProvider) -> Finding:
    """Whoever refuses a made-up sign-in code, and nothing else, has accepted our name and secret."""
    try:
        await provider.identify(NOBODYS_CODE)
    except CodeRefused:
        return _told(way, knows_us=True)
    except VendorAway:
        return _told(way, knows_us=False)
    return _told(way, knows_us=True)


def _told(name: str, *, knows_us: bool) -> Finding:
    return ok("vendor", name=name) if knows_us else fail("vendor_refuses", name=name)
