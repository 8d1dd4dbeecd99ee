using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using Bolt.Boltfiles;

namespace Bolt.Surge;

/// <summary>
/// snapshot.json, the first entry of a snapshot: what a stack was when its services stood still. Layers lie beside it as
/// layers/HEX.tar, HEX being the SHA-256 of the tar.
/// </summary>
/// <param name="Version">1.</param>
/// <param name="Stack">The stack's name.</param>
/// <param name="At">When it stood still.</param>
/// <param name="Folder">What relative paths of the Boltfile were relative to.</param>
/// <param name="Wanted">The stack as it ran, without what <paramref name="Variables"/> names.</param>
/// <param name="Variables">Values that came from the environment: as written, never as they were.</param>
/// <param name="Password">The one that no one chose; it opens the data that is here and nothing else.</param>
/// <param name="Outbound">Its services could reach the world.</param>
internal sealed record SnapshotRecord(
    int Version, string Stack, DateTimeOffset At, string Folder, Boltfile Wanted, ImmutableArray<SnapshotVariable> Variables, string Password, bool Outbound,
    ImmutableArray<SnapshotService> Services, ImmutableArray<SnapshotVolume> Volumes, ImmutableArray<SnapshotFile> Files)
{
    public const int Format = 1;
    public const string Name = "snapshot.json", LockName = "bolt.lock", EventsName = "events.jsonl", LogName = "stack.log", BoltfileName = "Boltfile.toml";
    public const string LayersFolder = "layers/";
}

/// <summary>A value of a service that is written with a variable.</summary>
/// <param name="Service">Whose.</param>
/// <param name="Key">"env.NAME", "auth.user" or "auth.password".</param>
/// <param name="Text">As the Boltfile has it: "${TOKEN}".</param>
internal sealed record SnapshotVariable(string Service, string Key, string Text);

/// <summary>What a service had written over its image, lowest first; its prepared data folder is the first of them.</summary>
/// <param name="Image">Of a service that was built: nothing pins that one. Null: bolt.lock leads to the same.</param>
internal sealed record SnapshotService(string Name, ImmutableArray<SnapshotLayer> Changes, SnapshotImage? Image);

/// <summary>A volume's data, lowest first. <paramref name="Shared"/>: several services wrote to it.</summary>
internal sealed record SnapshotVolume(string Name, bool Shared, ImmutableArray<SnapshotLayer> Layers);

/// <summary>A folder in a layer's tar.</summary>
/// <param name="Digest">Of the tar, "sha256:…".</param>
/// <param name="Root">The one folder that the tar holds.</param>
internal sealed record SnapshotLayer(string Digest, string Root);

/// <summary>A file that the test showed to a service, in base64.</summary>
internal sealed record SnapshotFile(string Service, string Target, string Content, int Mode);

/// <summary>An image that was built; layers that no recipe has lie in the snapshot.</summary>
/// <param name="Bases">Recipes that the other layers come from, pinned in bolt.lock.</param>
internal sealed record SnapshotImage(
    string Reference, string Id, ImmutableArray<string> Layers, ImmutableArray<string> Bases, ImmutableArray<string> Entrypoint, ImmutableArray<string> Command,
    ImmutableArray<string> Environment, string User, string WorkingDirectory, ImmutableArray<int> ExposedPorts, int StopSignal);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    WriteIndented = true,
    RespectRequiredConstructorParameters = true,
    RespectNullableAnnotations = true,
    Converters = [typeof(SecondsConverter), typeof(ProtocolConverter)])]
[JsonSerializable(typeof(SnapshotRecord))]
internal sealed partial class SnapshotJson : JsonSerializerContext;
