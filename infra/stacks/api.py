"""The HTTP API, the functions behind it, and who may sign in to it."""

from __future__ import annotations

from aws_cdk import Stack
from aws_cdk import aws_apigatewayv2 as api
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra.catalogue.http_functions import HTTP
from infra.catalogue.routes import AUTHORIZER, ROUTES, Route
from infra.constructs.function import Layers, OmsFunction, log_group
from infra.settings import Settings
from infra.stacks.data import DataStack

_INTEGRATION_MILLISECONDS = 29_000
_ACCESS_LOG = (
    '{"request_id":"$context.requestId","time":"$context.requestTimeEpoch",'
    '"route":"$context.routeKey","status":"$context.status","bytes":"$context.responseLength",'
    '"milliseconds":"$context.responseLatency","error":"$context.integrationErrorMessage",'
    '"authorizer":"$context.authorizer.error","ip":"$context.identity.sourceIp"}'
)


class ApiStack(Stack):
    def __init__(
        self,
        scope: Construct,
        settings: Settings,
        data: DataStack,
        sign_in_client: str,
        **options: object,
    ) -> None:
        """`sign_in_client` is the console's client of the user pool; none on this machine."""
        super().__init__(scope, settings.name("api"), **options)
        self._settings = settings
        layers = Layers(self, settings)
        self.functions = {row.name: OmsFunction(self, row, settings, data, layers) for row in HTTP}
        self._tell_authorizer(data, sign_in_client)
        self._api = data.api
        self._deploy(self._routes())

    def _tell_authorizer(self, data: DataStack, sign_in_client: str) -> None:
        authorizer = self.functions[AUTHORIZER].function
        authorizer.add_environment("USER_POOL_ID", data.users.pool.user_pool_id)
        authorizer.add_environment("USER_POOL_CLIENT_ID", sign_in_client)

    def _routes(self) -> list[api.CfnRoute]:
        authorizer = self._authorizer()
        answering = sorted({route.function for route in ROUTES})
        integrations = {name: self._integration(name) for name in answering}
        return [self._route(row, integrations[row.function], authorizer) for row in ROUTES]

    def _route(
        self, row: Route, integration: api.CfnIntegration, authorizer: api.CfnAuthorizer
    ) -> api.CfnRoute:
        closed = not row.open_because
        return api.CfnRoute(
            self,
            f"Route {row.key}",
            api_id=self._api.ref,
            route_key=row.key,
            target=f"integrations/{integration.ref}",
            authorization_type="CUSTOM" if closed else "NONE",
            authorizer_id=authorizer.ref if closed else None,
        )

    def _integration(self, name: str) -> api.CfnIntegration:
        function = self.functions[name].function
        self._let_gateway_call(name, "*/*")
        return api.CfnIntegration(
            self,
            f"Integration {name}",
            api_id=self._api.ref,
            integration_type="AWS_PROXY",
            integration_uri=function.function_arn,
            payload_format_version="2.0",
            timeout_in_millis=_INTEGRATION_MILLISECONDS,
        )

    def _authorizer(self) -> api.CfnAuthorizer:
        """No result is kept: a kept one would answer for other routes, and after a sign-out."""
        self._let_gateway_call(AUTHORIZER, "authorizers/*")
        arn = self.functions[AUTHORIZER].function.function_arn
        return api.CfnAuthorizer(
            self,
            "Authorizer",
            api_id=self._api.ref,
            name=AUTHORIZER,
            authorizer_type="REQUEST",
            authorizer_payload_format_version="2.0",
            enable_simple_responses=True,
            authorizer_result_ttl_in_seconds=0,
            identity_source=["$request.header.Authorization"],
            authorizer_uri=(
                f"arn:{self.partition}:apigateway:{self.region}:lambda:path"
                f"/2015-03-31/functions/{arn}/invocations"
            ),
        )

    def _let_gateway_call(self, name: str, path: str) -> None:
        lambda_.CfnPermission(
            self,
            f"Permission {name}",
            action="lambda:InvokeFunction",
            function_name=self.functions[name].function.function_name,
            principal="apigateway.amazonaws.com",
            source_arn=self.format_arn(
                service="execute-api", resource=self._api.ref, resource_name=path
            ),
        )

    def _deploy(self, routes: list[api.CfnRoute]) -> None:
        limit = self._settings.throttle
        logs = log_group(
            self, "AccessLogs", self._settings, f"/aws/vendedlogs/{self._settings.name('api')}"
        )
        stage = api.CfnStage(
            self,
            "Stage",
            api_id=self._api.ref,
            stage_name="$default",
            auto_deploy=True,
            access_log_settings={"destinationArn": logs.log_group_arn, "format": _ACCESS_LOG},
            default_route_settings={
                "throttlingRateLimit": limit.rate,
                "throttlingBurstLimit": limit.burst,
            },
            route_settings={
                row.key: {
                    "ThrottlingRateLimit": limit.wave_rate,
                    "ThrottlingBurstLimit": limit.wave_burst,
                }
                for row in ROUTES
                if row.burst
            },
        )
        # A throttle names its route, which must exist by then.
        for route in routes:
            stage.add_resource_dependency(route)
