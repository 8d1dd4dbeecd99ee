using System.Globalization;
using Bolt.Diagnostics;
using Bolt.Kernel;

namespace Bolt.Oci;

/// <summary>
/// The folders of this runtime's containers. Each has state.json, the config.json that it was made from, and, until it is
/// started, the socket "start". Whether it runs is asked of the kernel.
/// </summary>
internal sealed class OciStore(string root)
{
    private const string StateFile = "state.json", StartSocket = "start";

    public static bool IsId(string id) =>
        id.Length is > 0 and <= 1024 && id.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '+' or '-' or '.') && id is not ("." or "..");

    public string Folder(string id) => IsId(id) ? Path.Combine(root, id) : throw new BoltException(OciErrors.BadId(id));

    /// <summary>The folder of a new container; two cannot have the same id.</summary>
    public string Claim(string id)
    {
        var folder = Folder(id);
        try
        {
            if (OperatingSystem.IsLinux())
                Directory.CreateDirectory(root, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BoltException(OciErrors.Write(root, e.Message), e);
        }
        const uint ownersAlone = 0b111_000_000;
        return Sys.MakeNewFolder(folder, ownersAlone) switch
        {
            Errno.None => folder,
            Errno.EEXIST => throw new BoltException(OciErrors.Exists(id)),
            var error => throw new BoltException(OciErrors.Write(folder, error.Text())),
        };
    }

    public void Write(OciState state)
    {
        var file = Path.Combine(Folder(state.Id), StateFile);
        File.WriteAllBytes(file + ".new", OciJsonWriter.Bytes(state));
        File.Move(file + ".new", file, overwrite: true);
    }

    /// <summary>Null when it is being made, or was left half made.</summary>
    public OciState? TryRead(string id)
    {
        var folder = Folder(id);
        if (!Directory.Exists(folder))
            throw new BoltException(OciErrors.NotFound(id));
        var file = Path.Combine(folder, StateFile);
        return File.Exists(file) ? OciConfigReader.State(file) : null;
    }

    /// <summary>Null, too, when it was deleted since its name was seen: a list shows those that are there.</summary>
    public OciState? ReadIfThere(string id)
    {
        try
        {
            return TryRead(id);
        }
        catch (BoltException) when (!File.Exists(Path.Combine(Folder(id), StateFile)))
        {
            return null;
        }
    }

    public OciState Read(string id) => TryRead(id) ?? throw new BoltException(OciErrors.WrongStatus("use", id, "creating"));

    public void KeepConfig(string id, string bundle) => File.Copy(Path.Combine(bundle, "config.json"), ConfigFile(id), overwrite: true);

    public string ConfigFile(string id) => Path.Combine(Folder(id), "config.json");

    /// <summary>config.json as it was at creation.</summary>
    public OciConfig Config(string id) => OciConfigReader.Config(ConfigFile(id));

    public IEnumerable<string> Ids() => Directory.Exists(root)
        ? Directory.EnumerateDirectories(root).Select(folder => Path.GetFileName(folder)!).Where(IsId).Order(StringComparer.Ordinal) : [];

    public PacketSocket? Start(string id) => PacketSocket.Connect(Folder(id), StartSocket, out _);

    public void Started(string id) => File.Delete(Path.Combine(Folder(id), StartSocket));

    public void Remove(string id) => Directory.Delete(Folder(id), recursive: true);

    /// <summary>creating, created, running, paused or stopped.</summary>
    public string Status(OciState state) =>
        ProcessStart.Of(state.Pid) != state.Started || state.Started == 0 ? "stopped"
        : !state.Complete ? "creating"
        : File.Exists(Path.Combine(Folder(state.Id), StartSocket)) ? "created"
        : Freezer.IsFrozen(state.Cgroups) ? "paused" : "running";

    public OciStateReport Report(OciState state, string? status = null)
    {
        status ??= Status(state);
        return new OciStateReport
        {
            OciVersion = state.OciVersion,
            Id = state.Id,
            Status = status,
            Pid = status == "stopped" ? 0 : state.Pid,
            Bundle = state.Bundle,
            Annotations = state.Annotations,
        };
    }

    public OciListing Listing(OciState state)
    {
        var status = Status(state);
        return new OciListing
        {
            OciVersion = state.OciVersion,
            Id = state.Id,
            Pid = status == "stopped" ? 0 : state.Pid,
            Status = status,
            Bundle = state.Bundle,
            Rootfs = state.Rootfs,
            Created = state.Created,
            Annotations = state.Annotations,
            Owner = Owner(state.Uid),
        };
    }

    private static string Owner(uint uid)
    {
        var number = uid.ToString(CultureInfo.InvariantCulture);
        return (File.Exists("/etc/passwd") ? File.ReadLines("/etc/passwd") : [])
            .Select(line => line.Split(':')).FirstOrDefault(fields => fields.Length > 2 && fields[2] == number)?[0] ?? number;
    }
}
