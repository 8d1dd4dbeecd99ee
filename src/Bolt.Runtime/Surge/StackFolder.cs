using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Bolt.Surge;

/// <summary>
/// The run folder of one stack: RUN/stacks/ID/{owner.lock,owner.json,control.sock,stack.json,applied.json,net/,
/// services/NAME.json,capsules/NAME.RUN/}. Every file is written beside and renamed.
/// </summary>
internal sealed record StackFolder(StackName Name, string Path)
{
    private const UnixFileMode PlainMode = (UnixFileMode)0b110_100_100;

    public static StackFolder Of(string runFolder, StackName name) =>
        name.IsValid ? new StackFolder(name, System.IO.Path.Combine(runFolder, "stacks", name.Id))
        : throw new Diagnostics.BoltException(SurgeErrors.NoSuchStack(name.Id));

    public static IEnumerable<StackFolder> All(string runFolder)
    {
        var stacks = System.IO.Path.Combine(runFolder, "stacks");
        return !Directory.Exists(stacks) ? [] : Directory.EnumerateDirectories(stacks)
            .Select(d => new StackFolder(System.IO.Path.GetFileName(d), d))
            .Where(f => f.Name.IsValid)
            .OrderBy(f => f.Name.Id, StringComparer.Ordinal);
    }

    public bool Exists => Directory.Exists(Path);
    public string ControlSocket => Path + "/control.sock";
    public string Network => Path + "/net";
    public string SuperviseOrder => Path + "/supervise.json";
    public string SuperviseLog => Path + "/supervise.log";
    public string CapsulesFolder => Path + "/capsules";
    public string Capsule(string service, int run) => $"{CapsulesFolder}/{service}.{run}";

    public void Create()
    {
        // 0711 on the way down: processes with mapped ids pass through to their own files, but list nothing.
        const UnixFileMode passable = (UnixFileMode)0b111_001_001;
        foreach (var folder in new[] { Path, Path + "/services", CapsulesFolder }) Directory.CreateDirectory(folder, passable);
    }

    public StackRecord? ReadStack() => Read(Path + "/stack.json", () => StackJsonShapes.Default.StackRecord);
    public void Write(StackRecord record) => Write(Path + "/stack.json", RecordText.Of(record));

    public StackRequest? ReadApplied() => Read(Path + "/applied.json", () => StackJsonShapes.Default.StackRequest);
    public void Write(StackRequest request) => Write(Path + "/applied.json", request, StackJsonShapes.Default.StackRequest);

    public ServiceRecord? ReadService(string name) => Read($"{Path}/services/{name}.json", () => StackJsonShapes.Default.ServiceRecord);
    public void Write(ServiceRecord record) => Write($"{Path}/services/{record.Name}.json", RecordText.Of(record));
    public void ForgetService(string name) => File.Delete($"{Path}/services/{name}.json");

    public ImmutableArray<ServiceRecord> ReadServices() => !Directory.Exists(Path + "/services") ? [] :
        [.. Directory.EnumerateFiles(Path + "/services", "*.json")
            .Order(StringComparer.Ordinal)
            .Select(f => Read(f, () => StackJsonShapes.Default.ServiceRecord))
            .OfType<ServiceRecord>()];

    /// <summary>Runs of a service whose folders are still there, oldest first.</summary>
    public ImmutableArray<int> Runs(string service) => !Directory.Exists(CapsulesFolder) ? [] :
        [.. Directory.EnumerateDirectories(CapsulesFolder, service + ".*")
            .Select(d => int.TryParse(d.AsSpan(d.LastIndexOf('.') + 1), out var run) && d.EndsWith($"/{service}.{run}", StringComparison.Ordinal) ? run : -1)
            .Where(run => run >= 0)
            .Order()];

    internal static T? Read<T>(string path, Func<JsonTypeInfo<T>> shape)
        where T : class
    {
        // The usual case at a start. An exception costs a hundred times as much as this look, and so does a shape.
        if (!File.Exists(path)) return null;
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(path), shape());
        }
        catch (Exception e) when (e is IOException or JsonException or NotSupportedException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    internal static void Write<T>(string path, T value, JsonTypeInfo<T> shape, UnixFileMode mode = PlainMode) =>
        Write(path, JsonSerializer.SerializeToUtf8Bytes(value, shape), mode);

    internal static void Write(string path, ReadOnlySpan<byte> json, UnixFileMode mode = PlainMode)
    {
        var beside = $"{path}.{Guid.NewGuid():N}";
        using (var file = new FileStream(beside, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            UnixCreateMode = mode,
            BufferSize = 0,
        }))
        {
            file.Write(json);
        }
        File.Move(beside, path, overwrite: true);
    }
}
