"""The people of operations: a user pool with a second factor, and their groups."""

from __future__ import annotations

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_cognito as cognito
from constructs import Construct

from infra.settings import Settings

GROUPS = {
    "ops": "everything in the console",
    "node": "picks, packs, ships and prints labels",
    "viewer": "sees, changes nothing",
}


class Users(Construct):
    """Nobody signs up: an administrator invites."""

    def __init__(self, scope: Construct, settings: Settings) -> None:
        super().__init__(scope, "Users")
        self.pool = cognito.UserPool(
            self,
            "Pool",
            user_pool_name=settings.name("ops"),
            self_sign_up_enabled=False,
            sign_in_aliases=cognito.SignInAliases(email=True),
            mfa=cognito.Mfa.REQUIRED,
            mfa_second_factor=cognito.MfaSecondFactor(otp=True, sms=False),
            account_recovery=cognito.AccountRecovery.EMAIL_ONLY,
            password_policy=cognito.PasswordPolicy(
                min_length=12,
                require_digits=True,
                require_lowercase=True,
                require_uppercase=True,
                require_symbols=True,
                temp_password_validity=Duration.days(3),
            ),
            deletion_protection=True,
            removal_policy=RemovalPolicy.RETAIN,
        )
        for name, purpose in GROUPS.items():
            cognito.CfnUserPoolGroup(
                self,
                name,
                user_pool_id=self.pool.user_pool_id,
                group_name=name,
                description=purpose,
            )
