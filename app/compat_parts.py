"""What the compatible face, and the keys and credentials it goes by, consist of in a running gateway."""

from collections.abc import Callable

from fastapi import APIRouter

from app.accounts.access_rules import AccessRules
from app.accounts.compatible_desk import CompatibleDesk
from app.accounts.compatible_routes import compatible_router
from app.accounts.guarding import SignInGuards
from app.accounts.lookup_key_desk import LookupKeyDesk
from app.accounts.lookup_key_routes import lookup_key_router
from app.accounts.routes import officer_with, signed_in_here
from app.accounts.values import Permission
from app.compat.desk import FaceDesk
from app.compat.directory import FaceDirectory
from app.compat.guard import WrongProofs
from app.compat.officers import ActiveOfficers, OfficerDesk
from app.compat.routes import face_routes
from app.compat.software import SoftwareDesk
from app.compat.tokens import FaceTokens
from app.database.live import LiveView
from app.lookup.verification_routes import VerificationDesk
from app.lookup_parts import Shared
from app.web.straight import StraightRoute


def key_routers(shared: Shared) -> list[APIRouter]:
    """Return the routes about lookup-only keys and old software's credentials; the face may be off."""
    keys = LookupKeyDesk(
        shared.engine,
        shared.directory,
        shared.changes,
        shared.refusals,
        shared.clock,
        usual_days=shared.settings.lookup_key_days,
    )
    credentials = CompatibleDesk(shared.engine, shared.root, shared.changes, shared.refusals, shared.clock)
    get_self = signed_in_here(shared.get_caller, shared.refused, shared.clock)
    get_looker = officer_with(Permission.LOOK_UP, get_self, shared.refused, shared.clock)
    return [
        lookup_key_router(
            keys,
            shared.rejections,
            get_looker,
            shared.allowed(Permission.VIEW_OFFICERS),
            shared.allowed(Permission.END_SESSIONS),
        ),
        compatible_router(credentials, shared.rejections, shared.allowed(Permission.MANAGE_CLIENTS)),
    ]


def compatible_face(
    shared: Shared,
    face: LiveView[FaceDirectory],
    guards: SignInGuards,
    rules: AccessRules,
    verifications: VerificationDesk,
    admit: Callable[[], None],
) -> list[StraightRoute]:
    """Return the routes of the face, which look up through the desk that /v1 looks up through."""
    tokens = FaceTokens(shared.root.derive("compatible face tokens"), shared.clock)
    wrong = WrongProofs(guards, shared.refused, shared.clock)
    software = SoftwareDesk(
        shared.accounts,
        face,
        tokens,
        wrong,
        shared.refused,
        shared.root,
        shared.settings.public_url,
        shared.clock,
    )
    active = ActiveOfficers(shared.engine)
    officers = OfficerDesk(shared.accounts, shared.units, face, rules, wrong, active, shared.clock)
    desk = FaceDesk(software, officers, verifications.lookups, verifications.guesses, shared.catalogue)
    return face_routes(desk, admit)
