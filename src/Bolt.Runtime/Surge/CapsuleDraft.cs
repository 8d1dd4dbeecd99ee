using System.Collections.Immutable;
using Bolt.Boltfiles;
using Bolt.Builds;
using Bolt.Capsules;
using Bolt.Launch;
using Bolt.Networking;

namespace Bolt.Surge;

/// <summary>What is known only when a service is about to start.</summary>
internal sealed record CapsulePlace
{
    public required string Id { get; init; }
    public required string Folder { get; init; }
    public required IdMap Ids { get; init; }
    public required NetworkSeat Seat { get; init; }
    public bool DieWithOwner { get; init; }
    /// <summary>Environment values with every reference resolved.</summary>
    public required IReadOnlyDictionary<string, string> Environment { get; init; }
    /// <summary>Data folders of the volumes, by name.</summary>
    public required IReadOnlyDictionary<string, string> Volumes { get; init; }
    /// <summary>A prepared data folder's tree to lay over the image; null: none.</summary>
    public string? Template { get; init; }
    /// <summary>What the service had written when its stack was frozen, lowest first.</summary>
    public ImmutableArray<string> Frozen { get; init; } = [];
    /// <summary>Folder for its writes; null: memory.</summary>
    public string? Upper { get; init; }
    /// <summary>Volumes that are copies of frozen ones, by name; their targets are filled in from the service's mounts.</summary>
    public ImmutableDictionary<string, CapsuleMount.Copy> Copies { get; init; } = ImmutableDictionary<string, CapsuleMount.Copy>.Empty;
    public RecipeCredentials? Credentials { get; init; }

    public CapsuleMount Volume(string name, string target, bool readOnly) => Copies.TryGetValue(name, out var copy)
        ? copy with { Target = target, ReadOnly = readOnly }
        : new CapsuleMount.Volume(Volumes[name], target, readOnly);
}

/// <summary>Service + image + place -> the capsule to start. Pure.</summary>
internal static class CapsuleDraft
{
    private const string DefaultPath = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    // The set that OCI runtimes hand out by default.
    private static readonly string[] DefaultCapabilities =
    [
        "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FSETID", "CAP_FOWNER", "CAP_MKNOD", "CAP_NET_RAW", "CAP_SETGID", "CAP_SETUID",
        "CAP_SETFCAP", "CAP_SETPCAP", "CAP_NET_BIND_SERVICE", "CAP_SYS_CHROOT", "CAP_KILL", "CAP_AUDIT_WRITE",
    ];

    public static CapsuleSpec Spec(StackService service, PreparedImage image, CapsulePlace place)
    {
        var wanted = service.Wanted;
        return new CapsuleSpec
        {
            Id = place.Id,
            Folder = place.Folder,
            Ids = place.Ids,
            Layers = [.. image.Layers, .. place.Template is { } template ? [template] : Array.Empty<string>(), .. place.Frozen],
            Upper = place.Upper,
            Volatile = place.Upper is not null,
            ReadOnlyRoot = wanted.ReadOnly,
            Mounts = Mounts(service, image, place),
            Command = Command(service, image),
            Environment = Environment(service, image, place),
            WorkingDirectory = wanted.WorkingDir ?? image.WorkingDirectory,
            User = wanted.User ?? image.User,
            Hostname = wanted.Hostname ?? wanted.Name,
            Terminal = wanted.Tty,
            StdinOpen = wanted.StdinOpen,
            Capabilities = Capabilities(wanted),
            Sysctls = [.. wanted.Sysctls],
            Limits = LimitsDraft.Of(wanted),
            Seat = place.Seat,
            Notify = ReadyWish.Of(wanted, image) is ReadyWish.Notify,
            DieWithOwner = place.DieWithOwner,
            StopSignal = image.StopSignal,
        };
    }

    /// <summary>A one-off that prepares a recipe's data folder: the same root, no network, ends with its owner.</summary>
    public static CapsuleSpec Initializer(StackService service, PreparedImage image, string id, string folder, IdMap ids, string data, RecipeCredentials credentials) => new()
    {
        Id = id,
        Folder = folder,
        Ids = ids,
        Layers = image.Layers,
        Mounts = [new CapsuleMount.Volume(data, image.Recipe!.DataFolder!, false)],
        Command = image.Recipe.Initialize!.Value,
        Environment = Merge([DefaultPath], image.Environment, credentials.ForInitialize),
        WorkingDirectory = "/",
        User = image.User,
        Hostname = service.Name,
        DieWithOwner = true,
        StopSignal = image.StopSignal,
    };

    /// <summary>The volume that holds the recipe's data folder; null: the service is ephemeral, or has no data.</summary>
    public static string? DataVolume(StackService service, RecipeTraits? recipe) =>
        recipe?.DataFolder is not { } data ? null
        : service.StorageVolume
            ?? service.Mounts.OfType<ServiceMount.Volume>().FirstOrDefault(m => m.Target.TrimEnd('/') == data.TrimEnd('/'))?.Name;

    /// <summary>True when the data folder is on nothing that lasts: neither a volume nor a folder of the host.</summary>
    public static bool IsEphemeral(StackService service, RecipeTraits recipe) =>
        recipe.DataFolder is { } data && service.StorageVolume is null
        && service.Mounts.All(m => m.Target.TrimEnd('/') != data.TrimEnd('/'));

    private static ImmutableArray<string> Command(StackService service, PreparedImage image)
    {
        var wanted = service.Wanted;
        var entrypoint = wanted.Entrypoint ?? image.Entrypoint;
        var command = wanted.Command ?? (wanted.Entrypoint is null ? image.Command : []);
        var recipe = image.Recipe;
        var quick = recipe is not null && wanted.Entrypoint is null && wanted.Command is null && IsEphemeral(service, recipe);
        return [.. entrypoint, .. command, .. quick ? recipe!.EphemeralArguments : []];
    }

    private static ImmutableArray<string> Environment(StackService service, PreparedImage image, CapsulePlace place) => Merge(
        [DefaultPath],
        service.Wanted.Tty ? ["TERM=xterm"] : [],
        image.Environment,
        place.Credentials is null ? [] : image.Recipe?.Environment.Select(e => Fill(e, place.Credentials)) ?? [],
        place.Environment.Select(e => $"{e.Key}={e.Value}"));

    public static string Fill(string text, RecipeCredentials? credentials) => credentials is null ? text : text
        .Replace("{user}", credentials.User, StringComparison.Ordinal)
        .Replace("{password}", credentials.Password, StringComparison.Ordinal)
        .Replace("{database}", credentials.Database, StringComparison.Ordinal);

    // Later ones win, in the place of the first: programs that print their environment stay readable.
    private static ImmutableArray<string> Merge(params IEnumerable<string>[] layers)
    {
        var values = new Dictionary<string, string>();
        var order = new List<string>();
        foreach (var entry in layers.SelectMany(l => l))
        {
            var name = entry.Split('=', 2)[0];
            if (!values.ContainsKey(name)) order.Add(name);
            values[name] = entry;
        }
        return [.. order.Select(n => values[n])];
    }

    private static ImmutableArray<CapsuleMount> Mounts(StackService service, PreparedImage image, CapsulePlace place)
    {
        var mounts = ImmutableArray.CreateBuilder<CapsuleMount>();
        if (service.StorageVolume is { } storage)
            mounts.Add(place.Volume(storage, image.Recipe!.DataFolder!, readOnly: false));
        foreach (var mount in service.Mounts)
        {
            mounts.Add(mount switch
            {
                ServiceMount.Bind bind => new CapsuleMount.Bind(bind.Source, bind.Target, bind.ReadOnly),
                ServiceMount.Volume volume => place.Volume(volume.Name, volume.Target, volume.ReadOnly),
                _ => throw new InvalidOperationException("not a mount"),
            });
        }
        foreach (var target in service.Wanted.Tmpfs) mounts.Add(new CapsuleMount.Tmpfs(target.Split(':')[0], 0, 0x3FF));
        return mounts.ToImmutable();
    }

    private static ImmutableArray<string>? Capabilities(Service wanted)
    {
        if (wanted.CapAdd.IsEmpty && wanted.CapDrop.IsEmpty) return null;
        static string Full(string name) => name.StartsWith("CAP_", StringComparison.OrdinalIgnoreCase) ? name.ToUpperInvariant() : "CAP_" + name.ToUpperInvariant();
        var dropped = wanted.CapDrop.Select(Full).ToHashSet();
        var kept = dropped.Contains("CAP_ALL") ? [] : DefaultCapabilities.Where(c => !dropped.Contains(c));
        return [.. kept.Concat(wanted.CapAdd.Select(Full)).Distinct()];
    }
}
