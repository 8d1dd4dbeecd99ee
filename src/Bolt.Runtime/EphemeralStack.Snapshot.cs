using System.Text;
using Bolt.Diagnostics;
using Bolt.Surge;

namespace Bolt;

public sealed partial class EphemeralStack
{
    /// <summary>
    /// Has all services write their data down and stand still, and writes what they hold then into a file, which `bolt replay` opens:
    /// volumes and all that services wrote, bolt.lock, the Boltfile, events and logs. Values that the Boltfile takes from the
    /// environment are not in it; values that are written out are, as the data is.
    /// </summary>
    /// <param name="path">The file; it is written beside and renamed, for its user's eyes only.</param>
    /// <param name="options">Bounds and wishes.</param>
    /// <param name="cancellation">Gives up; no file is left.</param>
    /// <exception cref="BoltException">BOLT6060: it would be larger than allowed; it could not be written.</exception>
    public async Task SnapshotAsync(string path, SnapshotOptions options, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(options);
        var files = Path.Combine(_runtime.Options.StateFolder, "ephemeral") + "/";
        // Files that the test showed to services go along as such.
        var running = Boltfile with
        {
            Services = [.. Boltfile.Services.Select(s => s with { Volumes = [.. s.Volumes.Where(v => v is not Boltfiles.VolumeMount.Bind bind || !bind.Source.StartsWith(files, StringComparison.Ordinal))] })],
        };
        var (wanted, variables) = SnapshotVariables.TakeOut(running, options.Variables);
        var record = new SnapshotRecord(
            SnapshotRecord.Format, Name.Id, DateTimeOffset.UtcNow, Path.GetDirectoryName(Path.GetFullPath(Boltfile.Path))!, wanted, variables, _ground.Password.Value, _options.Outbound, [], [],
            [.. _options.Files.Select(f => new SnapshotFile(f.Service, f.Target, Convert.ToBase64String(f.Content.Span), (int)f.Mode))]);
        var log = new StringBuilder();
        await foreach (var line in LogsAsync(new LogOptions([]), cancellation).ConfigureAwait(false)) log.AppendLine(StackJson.Write(line));
        var texts = System.Collections.Immutable.ImmutableArray.Create(
            (SnapshotRecord.EventsName, Encoding.UTF8.GetBytes(string.Concat(Events.Select(e => StackJson.Write(e) + "\n")))),
            (SnapshotRecord.LogName, Encoding.UTF8.GetBytes(log.ToString())));
        if (File.Exists(Boltfile.Path)) texts = texts.Add((SnapshotRecord.BoltfileName, await File.ReadAllBytesAsync(Boltfile.Path, cancellation).ConfigureAwait(false)));
        await AskAsync(new Operation.Snapshot(new SnapshotOrder(Path.GetFullPath(path), options.MaxBytes, options.GoOn, record, texts)), cancellation).ConfigureAwait(false);
    }
}

/// <summary>Wishes for a snapshot.</summary>
/// <param name="MaxBytes">A larger file is not written.</param>
/// <param name="GoOn">The services start again afterwards; false: the stack is about to be thrown away.</param>
/// <param name="Variables">Reads one environment variable: what the Boltfile was read with.</param>
public sealed record SnapshotOptions(long MaxBytes, bool GoOn, Func<string, string?> Variables);
