using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using Bolt.Boltfiles;
using Bolt.Diagnostics;
using Bolt.Surge;

namespace Bolt.Control;

/// <summary>One wish; one line of JSON; the first on each connection.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "verb")]
[JsonDerivedType(typeof(Status), "status")]
[JsonDerivedType(typeof(Watch), "watch")]
[JsonDerivedType(typeof(Up), "up")]
[JsonDerivedType(typeof(Stop), "stop")]
[JsonDerivedType(typeof(Start), "start")]
[JsonDerivedType(typeof(Restart), "restart")]
[JsonDerivedType(typeof(Pause), "pause")]
[JsonDerivedType(typeof(Unpause), "unpause")]
[JsonDerivedType(typeof(Update), "update")]
[JsonDerivedType(typeof(Down), "down")]
internal abstract record ControlRequest
{
    private ControlRequest() { }
    public sealed record Status : ControlRequest;
    public sealed record Watch : ControlRequest;
    public sealed record Up(StackRequest Request) : ControlRequest;
    public sealed record Stop(ImmutableArray<string> Services) : ControlRequest;
    public sealed record Start(ImmutableArray<string> Services) : ControlRequest;
    public sealed record Restart(ImmutableArray<string> Services) : ControlRequest;
    public sealed record Pause(ImmutableArray<string> Services) : ControlRequest;
    public sealed record Unpause(ImmutableArray<string> Services) : ControlRequest;
    public sealed record Update(ImmutableArray<string> Services, LimitChange Limits) : ControlRequest;
    public sealed record Down(bool Volumes) : ControlRequest;
}

/// <summary>What the owner answers; the last line is Done, Refused or a status.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "reply")]
[JsonDerivedType(typeof(Happened), "happened")]
[JsonDerivedType(typeof(Is), "is")]
[JsonDerivedType(typeof(Done), "done")]
[JsonDerivedType(typeof(Refused), "refused")]
internal abstract record ControlReply
{
    private ControlReply() { }
    public sealed record Happened(StackEvent Event) : ControlReply;
    public sealed record Is(StackStatus Status) : ControlReply;
    public sealed record Done : ControlReply;
    public sealed record Refused(Diagnostic Diagnostic) : ControlReply;
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    Converters = [typeof(SecondsConverter), typeof(StateConverter), typeof(SeverityConverter), typeof(ProtocolConverter)])]
[JsonSerializable(typeof(ControlRequest))]
[JsonSerializable(typeof(ControlReply))]
internal sealed partial class ControlShapes : JsonSerializerContext;

/// <summary>Lines to messages and back. Whatever comes in may be hostile: it is bounded, and what is not understood is null.</summary>
internal static class ControlCodec
{
    /// <summary>A Boltfile has at most a megabyte; JSON may double it.</summary>
    public const int LongestLine = 4 << 20;

    public static byte[] Write(ControlRequest request) => Line(JsonSerializer.SerializeToUtf8Bytes(request, ControlShapes.Default.ControlRequest));

    public static byte[] Write(ControlReply reply) => Line(JsonSerializer.SerializeToUtf8Bytes(reply, ControlShapes.Default.ControlReply));

    public static ControlRequest? ReadRequest(ReadOnlySpan<byte> line)
    {
        try
        {
            var request = JsonSerializer.Deserialize(line, ControlShapes.Default.ControlRequest);
            return request is not null && IsWhole(request) ? request : null;
        }
        catch (Exception e) when (e is JsonException or NotSupportedException or InvalidOperationException or ArgumentException)
        {
            return null;
        }
    }

    public static ControlReply? ReadReply(ReadOnlySpan<byte> line)
    {
        try
        {
            return JsonSerializer.Deserialize(line, ControlShapes.Default.ControlReply);
        }
        catch (Exception e) when (e is JsonException or NotSupportedException or InvalidOperationException or ArgumentException)
        {
            return null;
        }
    }

    // JSON's null passes through non-nullable members; nothing behind this door looks for it again.
    private static bool IsWhole(ControlRequest request) => request switch
    {
        ControlRequest.Up up => up.Request is { Id: not null, Path: not null, Wanted: { Path: not null, Project: not null, Services.IsDefault: false } wanted }
            && !up.Request.Services.IsDefault && wanted.Services.All(IsWhole),
        ControlRequest.Stop stop => AreNames(stop.Services),
        ControlRequest.Start start => AreNames(start.Services),
        ControlRequest.Restart restart => AreNames(restart.Services),
        ControlRequest.Pause pause => AreNames(pause.Services),
        ControlRequest.Unpause unpause => AreNames(unpause.Services),
        ControlRequest.Update update => AreNames(update.Services) && update.Limits is not null,
        _ => true,
    };

    private static bool AreNames(ImmutableArray<string> names) => !names.IsDefault && names.All(n => n is not null);

    private static bool IsWhole(Service service) => service is { Name: not null, Source: not null, Env: not null }
        && !service.Ports.IsDefault && !service.Volumes.IsDefault && !service.DependsOn.IsDefault;

    private static byte[] Line(byte[] json) => [.. json, (byte)'\n'];
}
