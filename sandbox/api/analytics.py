"""GraphQL analytics."""

from aiohttp import web

routes = web.RouteTableDef()
