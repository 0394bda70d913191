"""The web console: its files, its address and how people sign in. Not in the local stage,
where `local/` serves console and API from one address.
"""

from __future__ import annotations

from aws_cdk import CfnOutput, Duration, Fn, Stack
from aws_cdk import aws_cognito as cognito
from aws_cdk import aws_s3_deployment as deployment
from constructs import Construct

from infra.constructs.function import log_group
from infra.constructs.website import CONSOLE, Website
from infra.packages import ROOT
from infra.settings import Settings
from infra.stacks.data import DataStack


class ConsoleStack(Stack):
    def __init__(
        self, scope: Construct, settings: Settings, data: DataStack, **options: object
    ) -> None:
        super().__init__(scope, settings.name("console"), **options)
        # The prefix is unique in the world with the account in it.
        prefix = f"{settings.prefix}-{self.account}"
        sign_in = f"https://{prefix}.auth.{self.region}.amazoncognito.com"
        cognito.CfnUserPoolDomain(
            self, "Domain", domain=prefix, user_pool_id=data.users.pool.user_pool_id
        )
        # An endpoint is https://<domain>; an origin is the domain alone.
        domain = Fn.select(2, Fn.split("/", data.api.attr_api_endpoint))
        site = Website(self, settings.name("console"), api_domain=domain, sign_in=sign_in)
        address = f"https://{site.distribution.distribution_domain_name}/{CONSOLE}/"
        client = self._client(data, address)
        self.client_id = client.ref
        self._deploy(
            site, settings, {"signIn": sign_in, "clientId": client.ref, "region": self.region}
        )
        CfnOutput(self, "ConsoleUrl", value=address)
        CfnOutput(self, "SignIn", value=sign_in)
        CfnOutput(self, "ClientId", value=client.ref)

    def _client(self, data: DataStack, address: str) -> cognito.CfnUserPoolClient:
        """A browser keeps no secret: authorisation code with a proof key, short tokens."""
        return cognito.CfnUserPoolClient(
            self,
            "Client",
            user_pool_id=data.users.pool.user_pool_id,
            client_name="console",
            generate_secret=False,
            allowed_o_auth_flows=["code"],
            allowed_o_auth_flows_user_pool_client=True,
            allowed_o_auth_scopes=["openid", "email"],
            callback_ur_ls=[address],
            logout_ur_ls=[address],
            supported_identity_providers=["COGNITO"],
            explicit_auth_flows=["ALLOW_REFRESH_TOKEN_AUTH"],
            prevent_user_existence_errors="ENABLED",
            enable_token_revocation=True,
            access_token_validity=15,
            id_token_validity=15,
            refresh_token_validity=12,
            token_validity_units={
                "accessToken": "minutes",
                "idToken": "minutes",
                "refreshToken": "hours",
            },
        )

    def _deploy(self, site: Website, settings: Settings, config: dict[str, str]) -> None:
        deployment.BucketDeployment(
            self,
            "Deployment",
            sources=[
                deployment.Source.asset(str(ROOT / CONSOLE)),
                deployment.Source.json_data("config.json", config),
            ],
            destination_bucket=site.bucket,
            destination_key_prefix=CONSOLE,
            distribution=site.distribution,
            distribution_paths=[f"/{CONSOLE}*"],
            cache_control=[deployment.CacheControl.max_age(Duration.minutes(5))],
            memory_limit=512,
            log_group=log_group(
                self, "DeploymentLogs", settings, f"/aws/lambda/{settings.name('console-files')}"
            ),
        )
