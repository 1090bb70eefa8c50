using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.OpenApi;

namespace KvTcp.Server.Http;

/// <summary>What the table of routes adds to the OpenAPI document, /openapi/v1.json: parameters, examples, the token.</summary>
internal static class OpenApiRoutes
{
    /// <summary>The name of the document, which is part of its path.</summary>
    public const string Name = "v1";

    private const string BearerScheme = "bearer";
    private const string BasicScheme = "basic";

    /// <summary>Adds the document.</summary>
    public static void AddTo(IServiceCollection services) => services.AddOpenApi(Name, static options =>
    {
        options.OpenApiVersion = OpenApiSpecVersion.OpenApi3_0;
        options.AddDocumentTransformer(static (document, _, _) =>
        {
            Describe(document);
            return Task.CompletedTask;
        });
        options.AddOperationTransformer(static (operation, context, _) =>
        {
            if (context.Description.ActionDescriptor.EndpointMetadata.OfType<HttpRoute>().SingleOrDefault() is HttpRoute route)
            {
                Describe(operation, route, context.Document!);
            }

            return Task.CompletedTask;
        });
    });

    private static void Describe(OpenApiDocument document)
    {
        document.Info = new OpenApiInfo
        {
            Title = "kvtcp",
            Version = CommandReplies.ServerVersion,
            Description = "A read-only key/value server. Keys are UUIDs, in any case; replies have them in lower case.",
        };

        // HEAD is GET without the body; twice the operations would only hide the half that matters.
        foreach (IOpenApiPathItem path in document.Paths.Values)
        {
            path.Operations?.Remove(HttpMethod.Head);
        }

        document.Components ??= new OpenApiComponents();
        document.Components.SecuritySchemes = new Dictionary<string, IOpenApiSecurityScheme>(StringComparer.Ordinal)
        {
            [BearerScheme] = new OpenApiSecurityScheme { Type = SecuritySchemeType.Http, Scheme = BearerScheme, Description = "The token of the server" },
            [BasicScheme] = new OpenApiSecurityScheme { Type = SecuritySchemeType.Http, Scheme = BasicScheme, Description = "Any user, with the token as password" },
        };
    }

    private static void Describe(OpenApiOperation operation, HttpRoute route, OpenApiDocument document)
    {
        List<IOpenApiParameter> parameters = [.. route.Query.Select(static query => new OpenApiParameter
        {
            Name = query.Name,
            In = ParameterLocation.Query,
            Description = query.Meaning,
            Schema = new OpenApiSchema { Type = JsonSchemaType.String },
        })];
        if (route.Pattern.Contains('{', StringComparison.Ordinal))
        {
            parameters.Add(new OpenApiParameter
            {
                Name = KeyRoutes.KeyParameter,
                In = ParameterLocation.Path,
                Required = true,
                Description = "A UUID, 8-4-4-4-12 hexadecimal digits in any case",
                Schema = new OpenApiSchema { Type = JsonSchemaType.String, Format = "uuid" },
            });
        }

        operation.Parameters = parameters;
        operation.Summary = route.Summary;
        operation.OperationId = $"{route.Method} {route.Pattern}";
        operation.Tags = null;
        foreach (HttpReply reply in route.Replies)
        {
            if (operation.Responses?.TryGetValue($"{reply.Status}", out IOpenApiResponse? response) == true)
            {
                response.Description = reply.Meaning;
                SetExample(response.Content, reply.Example);
            }
        }

        SetExample(operation.RequestBody?.Content, route.BodyExample);
        if (route.NeedsToken)
        {
            operation.Security =
            [
                new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(BearerScheme, document)] = [] },
                new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(BasicScheme, document)] = [] },
            ];
        }
    }

    private static void SetExample(IDictionary<string, OpenApiMediaType>? content, string? example)
    {
        if (content?.Values.FirstOrDefault() is OpenApiMediaType media && example is not null)
        {
            media.Example = JsonNode.Parse(example);
        }
    }
}
