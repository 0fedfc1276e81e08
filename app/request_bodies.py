"""What is posted to the gateway: every body that its description (OpenAPI) shows."""

from typing import Final

from app.accounts.activation_routes import ActivationRequest
from app.accounts.administration_schemas import RoleChangeRequest, SuspensionRequest
from app.accounts.approval_routes import ApprovalRequest, Decision
from app.accounts.client_schemas import CLIENT_BODIES
from app.accounts.compatible_routes import CompatibleRequest
from app.accounts.life_schemas import LIFE_BODIES
from app.accounts.lookup_key_routes import LookupKeyRequest
from app.accounts.me_routes import PasswordChangeRequest, SecondFactorCode
from app.accounts.officer_registration_routes import NewOfficerRequest
from app.accounts.routes import (
    RevocationRequest,
    TokenRequest,
)
from app.auditing.schemas import AuditSearchRequest, UnmaskingRequest
from app.auditing.search_export_routes import SearchExportRequest
from app.auditing.subject_schemas import SUBJECT_BODIES
from app.lookup.data_fault_schemas import DataFaultRequest, DataFaultStatusRequest
from app.lookup.dossier_routes import DossierLinkRequest
from app.lookup.explaining_schemas import ExplanationRequest
from app.lookup.follow_up_schemas import FollowUpRequest
from app.lookup.schemas import LookupRequest, NoticeAcceptance
from app.lookup.verification_schemas import VerificationRequest
from app.procedures.catalogue.schemas import NewProcedure, ProcedureChange
from app.procedures.grants.schemas import GrantChangeRequest
from app.procedures.unit_schemas import NewUnitRequest, UnitChangeRequest

BODIES: Final = (
    LookupRequest,
    DossierLinkRequest,
    VerificationRequest,
    NoticeAcceptance,
    AuditSearchRequest,
    UnmaskingRequest,
    SearchExportRequest,
    TokenRequest,
    RevocationRequest,
    PasswordChangeRequest,
    SecondFactorCode,
    SuspensionRequest,
    RoleChangeRequest,
    NewOfficerRequest,
    ApprovalRequest,
    Decision,
    ActivationRequest,
    *LIFE_BODIES,
    NewUnitRequest,
    UnitChangeRequest,
    *CLIENT_BODIES,
    ExplanationRequest,
    DataFaultRequest,
    DataFaultStatusRequest,
    FollowUpRequest,
    NewProcedure,
    ProcedureChange,
    GrantChangeRequest,
    *SUBJECT_BODIES,
    LookupKeyRequest,
    CompatibleRequest,
)
