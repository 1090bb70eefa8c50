using System.Text.Json.Serialization;

namespace KvTcp.Server.Http;

/// <summary>The JSON of all bodies, generated when the program is built.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(PairBody))]
[JsonSerializable(typeof(ValueBody))]
[JsonSerializable(typeof(KeyBody))]
[JsonSerializable(typeof(BatchRequestBody))]
[JsonSerializable(typeof(BatchReplyBody))]
[JsonSerializable(typeof(DatastoreBody))]
[JsonSerializable(typeof(MessageBody))]
[JsonSerializable(typeof(DetailBody))]
[JsonSerializable(typeof(ProblemBody))]
[JsonSerializable(typeof(HealthBody))]
[JsonSerializable(typeof(ReloadBody))]
[JsonSerializable(typeof(StatsBody))]
internal sealed partial class HttpJson : JsonSerializerContext;
