"""What administrators are served: officers, units, client software, procedures, decisions of two persons."""

from datetime import timedelta
from typing import Final

from fastapi import APIRouter

from app.accounts.administration_desk import AdministrationDesk
from app.accounts.administration_routes import administration_router
from app.accounts.approval_desk import ApprovalDesk
from app.accounts.approval_routes import approval_router, own_notices_router
from app.accounts.client_administration import ClientAdministration
from app.accounts.client_routes import client_router
from app.accounts.guarding import SignInGuards
from app.accounts.handover_desk import HandoverDesk, HandoverRules
from app.accounts.handover_routes import handover_router
from app.accounts.life_desk import LifeDesk
from app.accounts.life_routes import life_router
from app.accounts.officer_list_routes import officer_list_router
from app.accounts.officer_registration_routes import officer_registration_router
from app.accounts.registration_desk import RegistrationDesk
from app.accounts.registration_routes import MAX_FILE_BYTES, registration_router
from app.accounts.reset_desk import ResetDesk
from app.accounts.resets import ResetKeeper
from app.accounts.review_desk import ReviewDesk
from app.accounts.review_routes import review_router
from app.accounts.routes import (
    GetCaller,
)
from app.accounts.sessions import SessionRules, SessionStore
from app.accounts.unit_desk import UnitMattersDesk
from app.accounts.unit_routes import unit_life_router
from app.accounts.values import Permission
from app.lookup_parts import Shared
from app.papers.press import PaperPress
from app.procedures.catalogue.change_routes import catalogue_change_router
from app.procedures.catalogue.desk import CatalogueDesk
from app.procedures.catalogue.routes import catalogue_router
from app.procedures.grants.change_routes import grant_change_router
from app.procedures.grants.desk import GrantDesk
from app.procedures.grants.routes import grant_router
from app.procedures.lists.sending import ListSlots
from app.procedures.unit_change_routes import unit_change_router
from app.procedures.unit_desk import UnitDesk
from app.procedures.unit_routes import unit_router
from app.sheets.values import Limits

_PAPERS_AT_ONCE: Final = 8


class AdministrationParts:
    """Builds the administrators' desks and routes, their background work included."""

    def __init__(
        self,
        shared: Shared,
        guards: SignInGuards,
        sessions: SessionStore,
        rules: SessionRules,
        get_restricted: GetCaller,
    ) -> None:
        """Build from what is *shared*; *get_restricted* also lets pass who must do something first."""
        self._shared = shared
        self._guards = guards
        self._sessions = sessions
        self._rules = rules
        self._get_restricted = get_restricted

    async def routes(self) -> list[APIRouter]:
        """Start what ends resets, and return the routes."""
        shared = self._shared
        engine, clock, guards, changes = shared.engine, shared.clock, self._guards, shared.changes
        directory, refusals = shared.directory, shared.refusals
        rejections, exports, allowed = shared.rejections, shared.exports, shared.allowed
        every_seconds = shared.settings.reconcile_every_seconds
        await shared.stack.enter_async_context(
            ResetKeeper(engine, changes, clock, every_seconds=every_seconds)
        )
        desk = AdministrationDesk(
            engine, directory, guards, self._sessions, self._rules, changes, refusals, clock
        )
        approvals = ApprovalDesk(engine, directory, guards, changes, refusals, clock)
        resets = ResetDesk(directory, changes, refusals, clock)

        get_approver, get_registrar = allowed(Permission.APPROVE), allowed(Permission.REGISTER_OFFICERS)
        lists = RegistrationDesk(engine, changes, clock, Limits(max_file_bytes=MAX_FILE_BYTES))
        units = UnitDesk(engine, shared.units, changes, refusals, clock)
        clients = ClientAdministration(
            shared.accounts, shared.units, changes, refusals, clock, shared.expiring
        )
        return [
            registration_router(lists, rejections, get_registrar),
            officer_registration_router(lists, shared.units, rejections, get_registrar),
            officer_list_router(
                engine, directory, desk, refusals, exports, clock, allowed(Permission.VIEW_OFFICERS)
            ),
            unit_router(units, rejections, exports, allowed(Permission.VIEW_UNITS), shared.get_caller),
            unit_change_router(units, rejections, allowed(Permission.MANAGE_UNITS)),
            client_router(clients, rejections, exports, allowed(Permission.MANAGE_CLIENTS)),
            *self._procedure_routes(),
            administration_router(
                desk,
                resets,
                rejections,
                allowed(Permission.VIEW_OFFICERS),
                allowed(Permission.SUSPEND_OFFICERS),
                allowed(Permission.CHANGE_ROLES),
                allowed(Permission.END_SESSIONS),
                get_approver,
            ),
            approval_router(approvals, rejections, get_approver),
            *self._life_routes(desk),
            own_notices_router(resets, shared.get_caller, self._get_restricted),
        ]

    def _procedure_routes(self) -> list[APIRouter]:
        shared, slots = self._shared, ListSlots()
        rejections, exports, changes = shared.rejections, shared.exports, shared.changes
        catalogue = CatalogueDesk(shared.engine, shared.units, changes, slots, shared.clock)
        grants = GrantDesk(shared.engine, shared.units, changes, shared.refusals, slots, shared.clock)
        get_viewer = shared.allowed(Permission.VIEW_PROCEDURES)
        get_manager = shared.allowed(Permission.MANAGE_PROCEDURES)
        return [
            catalogue_router(catalogue, rejections, exports, get_viewer),
            catalogue_change_router(catalogue, rejections, get_manager),
            grant_router(grants, rejections, exports, get_viewer),
            grant_change_router(grants, rejections, get_manager),
        ]

    def _life_routes(self, accounts: AdministrationDesk) -> list[APIRouter]:
        shared, allowed = self._shared, self._shared.allowed
        engine, clock, settings, directory = shared.engine, shared.clock, shared.settings, shared.directory
        changes, refusals = shared.changes, shared.refusals
        rejections, exports = shared.rejections, shared.exports
        press = shared.stack.enter_context(PaperPress(max_waiting=_PAPERS_AT_ONCE))
        rules = HandoverRules(
            timedelta(days=settings.activation_code_days), settings.activation_url or settings.public_url
        )
        handovers = HandoverDesk(engine, directory, changes, refusals, press, rules, exports, clock)
        units = UnitMattersDesk(engine, directory, changes, refusals, clock)
        reviews = ReviewDesk(engine, directory, changes, refusals, clock, usual_days=settings.review_days)
        get_viewer, get_poster = allowed(Permission.VIEW_OFFICERS), allowed(Permission.POST_OFFICERS)
        get_answerer = allowed(Permission.ANSWER_REVIEWS)
        return [
            life_router(LifeDesk(engine, directory, accounts, clock), rejections, get_viewer, get_poster),
            handover_router(handovers, rejections, exports, allowed(Permission.ISSUE_CODES)),
            unit_life_router(
                units, rejections, exports, allowed(Permission.READ_UNIT_NOTICES), get_poster, get_viewer
            ),
            review_router(reviews, rejections, exports, allowed(Permission.OPEN_REVIEWS), get_answerer),
        ]
