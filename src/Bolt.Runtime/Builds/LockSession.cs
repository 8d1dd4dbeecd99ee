using System.Globalization;
using Bolt.Diagnostics;

namespace Bolt.Builds;

/// <summary>
/// The lock while images are prepared side by side: each reads its own pin and may set it. The file is read when the first
/// pin is asked for.
/// </summary>
internal sealed class LockSession
{
    private readonly Lazy<BoltLock> read;
    private BoltLock? current;

    public LockSession(BoltLock read)
        : this(() => read, "", "")
    {
    }

    private LockSession(Func<BoltLock> read, string path, string mark) => (this.read, Path, Mark) = (new Lazy<BoltLock>(read), path, mark);

    /// <summary>Of a file that is there or not. Whoever asks for a pin of one that cannot be read hears why (BOLT2201).</summary>
    public static LockSession Of(string path)
    {
        var file = new FileInfo(path);
        return new LockSession(
            () =>
            {
                var found = BoltLock.Read(path);
                return found.Ok ? found.Value! : throw new BoltException(found.Diagnostics[0]);
            },
            path,
            file.Exists ? string.Create(CultureInfo.InvariantCulture, $"{file.LastWriteTimeUtc.Ticks} {file.Length}") : "");
    }

    public string Path { get; }

    /// <summary>Another one when the file was written anew; empty when there is none.</summary>
    public string Mark { get; }

    /// <summary>The lock with all pins set so far.</summary>
    public BoltLock Current => Volatile.Read(ref current) ?? read.Value;

    /// <summary>A pin was set that the file does not have yet.</summary>
    public bool Changed => Volatile.Read(ref current) is not null;

    public RecipePin? TryGet(string key) => Current.Pins.GetValueOrDefault(key);

    /// <summary>Digest that a registry's reference is pinned to.</summary>
    public Storage.Digest? TryGetImage(string reference) => Current.Images.TryGetValue(reference, out var digest) ? digest : null;

    public void Set(string key, RecipePin pin) => Change(before => before.With(key, pin));

    public void SetImage(string reference, Storage.Digest digest) => Change(before => before.With(reference, digest));

    private void Change(Func<BoltLock, BoltLock> change)
    {
        while (true)
        {
            var before = Volatile.Read(ref current);
            if (Interlocked.CompareExchange(ref current, change(before ?? read.Value), before) == before)
            {
                return;
            }
        }
    }
}
