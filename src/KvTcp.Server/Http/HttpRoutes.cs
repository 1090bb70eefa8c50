namespace KvTcp.Server.Http;

// docs/http.md is the contract.

/// <summary>All routes but that of the OpenAPI document, which is made of them.</summary>
internal static class HttpRoutes
{
    private const string Key = "6ba7b810-9dad-41d1-80b4-00c04fd430c8";
    private const string Id = "0123456789abcdef";

    private static readonly HttpReply Pair = new(200, typeof(PairBody), "The pair", $$"""{"key":"{{Key}}","value":"some value"}""");

    private static readonly HttpReply Unchanged = new(304, null, "If-None-Match names the dataset that is served");

    private static readonly HttpReply NotFound = Problem(404, "Not Found", "The key is unknown");

    private static readonly HttpReply Malformed = Problem(422, "Unprocessable Entity", "The key is not a UUID, or the body is not as described");

    private static readonly HttpReply Loading = Problem(503, "Service Unavailable", "Nothing is loaded yet, or the engine does not answer");

    private static readonly HttpReply NoToken = Problem(401, "Unauthorized", "The token is missing or wrong");

    private static readonly HttpReply NoServerToken = Problem(403, "Forbidden", "The server has no token");

    private static readonly HttpReply Reloaded = new(
        200, typeof(ReloadBody), "Done", $$"""{"result":"done","dataset_id":"{{Id}}","reason":"serving dataset {{Id}}, 3 pairs"}""");

    private static readonly HttpReply Refused = Problem(409, "Conflict", "Refused; the old dataset goes on being served");

    private static readonly HttpReply Ready = new(200, typeof(HealthBody), "Ready", $$"""{"status":"ready","dataset_id":"{{Id}}"}""");

    private static readonly HttpReply NotReady = new(
        503, typeof(HealthBody), "Loading or draining", """{"status":"loading","reason":"no dataset is loaded"}""");

    /// <summary>Makes the table.</summary>
    public static IReadOnlyList<HttpRoute> All(
        KeyRoutes keys, BatchRoute batch, DatastoreRoute datastore, OperatorRoutes operators, StateRoutes state, DashboardRoutes dashboard) =>
    [
        new("GET", "/v1/keys/{key}", keys.GetAsync, "The value of a key, as JSON or as plain text", Pair, Unchanged, NotFound, Malformed, Loading),
        new("POST", "/v1/keys", batch.PostAsync, "The values of 1 to 1,000 keys, all from one dataset",
            new HttpReply(
                200, typeof(BatchReplyBody), "A pair for each key, in the order asked; null for an unknown key",
                $$"""{"dataset_id":"{{Id}}","items":[{"key":"{{Key}}","value":"some value"}]}"""),
            Problem(415, "Unsupported Media Type", "The body is not JSON"), Problem(413, "Payload Too Large", "The body is too long"), Malformed, Loading)
        {
            Body = typeof(BatchRequestBody),
            BodyExample = $$"""{"keys":["{{Key}}"]}""",
        },

        // Those of the services that this one replaces.
        new("GET", "/keys/{key}", keys.GetPairAsync, "The value of a key", Pair, Unchanged, NotFound, Malformed, Loading),
        new("GET", "/get/{key}", keys.GetPairAsync, "The value of a key", Pair, Unchanged, NotFound, Malformed, Loading),
        new("GET", "/get_value/{key}", keys.GetPairAsync, "The value of a key", Pair, Unchanged, NotFound, Malformed, Loading),
        new("POST", "/get_value", keys.PostGetValueAsync, "The value of a key",
            new HttpReply(200, typeof(ValueBody), "The value", """{"value":"some value"}"""),
            Message(404, "The key is unknown"), Message(415, "The body is not JSON"), Message(422, "The body has no key, or one that is not a UUID"),
            Message(503, "Nothing is loaded yet, or the engine does not answer"))
        {
            Body = typeof(KeyBody),
            BodyExample = $$"""{"key":"{{Key}}"}""",
        },
        new("GET", "/debug/item/{key}", keys.GetNamedAsync, "A pair as an object",
            new HttpReply(200, typeof(IReadOnlyDictionary<string, string>), "The pair", $$"""{"{{Key}}":"some value"}"""), Unchanged,
            new HttpReply(404, typeof(DetailBody), "The key is unknown", """{"detail":"Item not found"}"""), Malformed, NoToken, NoServerToken, Loading)
        {
            NeedsToken = true,
        },
        new("GET", "/debug/datastore", datastore.GetAsync, "All pairs, in no particular order",
            new HttpReply(200, typeof(DatastoreBody), "The pairs", $$$"""{"datastore":{"{{{Key}}}":"some value"}}"""),
            Problem(410, "Gone", "The cursor is of a dataset that is served no more"),
            Problem(501, "Not Implemented", "An engine answers in place of a dataset"), Malformed, NoToken, NoServerToken, Loading)
        {
            NeedsToken = true,
            Query = [("limit", "How many pairs, at most; all by default"), ("cursor", "Where to go on: next_cursor of the last reply")],
        },

        // The operator's.
        new("POST", "/admin/reload", operators.ReloadAsync, "Loads the data again, and answers when that is done", Reloaded, Refused, NoToken, NoServerToken)
        {
            NeedsToken = true,
        },
        new("POST", "/admin/rollback", operators.RollBackAsync, "Returns to the dataset before the last reload", Reloaded, Refused, NoToken, NoServerToken)
        {
            NeedsToken = true,
        },
        new("GET", "/v1/stats", state.GetStatsAsync, "What the server tells of itself", new HttpReply(200, typeof(StatsBody), "The figures"))
        {
            IsUnlimited = true,
        },
        new("GET", "/metrics", state.GetMetricsAsync, "The metrics, as Prometheus reads them",
            new HttpReply(200, typeof(string), "The metrics", "\"kvtcp_ready 1\"") { ContentType = "text/plain" })
        {
            IsUnlimited = true,
        },
        new("GET", "/health/live", StateRoutes.GetLiveAsync, "Whether the process lives",
            new HttpReply(200, typeof(HealthBody), "It does", """{"status":"live"}"""))
        {
            IsUnlimited = true,
        },
        new("GET", "/health/ready", state.GetReadyAsync, "Whether keys are answered", Ready, NotReady)
        {
            IsUnlimited = true,
        },
        new("GET", "/v1/stats/events", state.GetEventsAsync, "The same once a second, as server-sent events",
            new HttpReply(200, typeof(StatsBody), "The figures") { ContentType = "text/event-stream" })
        {
            IsUnlimited = true,
        },
        new("GET", "/", dashboard.GetAsync, "The dashboard for browsers; what this is for others", Message(200, "What this is"))
        {
            IsUnlimited = true,
        },
        new("GET", "/dashboard/{file}", dashboard.GetFileAsync, "What the dashboard is made of",
            new HttpReply(200, null, "The file"), new HttpReply(304, null, "If-None-Match names the file"), Problem(404, "Not Found", "There is no such file"))
        {
            IsUnlimited = true,
        },
    ];

    private static HttpReply Problem(int status, string title, string meaning) => new(
        status, typeof(ProblemBody), meaning, $$"""{"title":"{{title}}","status":{{status}},"detail":"{{meaning}}"}""");

    private static HttpReply Message(int status, string meaning) => new(status, typeof(MessageBody), meaning, $$"""{"message":"{{meaning}}"}""");
}
