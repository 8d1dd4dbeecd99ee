using System.Diagnostics;
using System.Formats.Tar;
using System.Text;
using Bolt.Kernel;
using Bolt.Storage;

namespace Bolt.Host.Tests.Storage;

/// <summary>What the machine's own tar writes: sparse files and extended attributes.</summary>
public sealed class LayerKindTests : IAsyncDisposable
{
    private readonly Stores stores = new();

    public ValueTask DisposeAsync() => stores.DisposeAsync();

    [Theory]
    [InlineData("1.0")]
    [InlineData("0.1")]
    public async Task A_sparse_file_is_laid_down_as_it_was(string version)
    {
        var source = Directory.CreateDirectory(stores.Folder + "/source").FullName;
        await using (var file = File.Create(source + "/holes"))
        {
            file.Write("front"u8);
            file.Position = 3_000_000;
            file.Write("middle"u8);
            file.SetLength(9_000_001);
        }
        File.WriteAllText(source + "/after", "plain");
        using var tar = Process.Start("tar", ["-C", source, "--format=posix", "--sparse", $"--sparse-version={version}", "-cf", stores.Folder + "/layer.tar", "holes", "after"]);
        await tar.WaitForExitAsync();
        var layer = await File.ReadAllBytesAsync(stores.Folder + "/layer.tar");
        Assert.InRange(layer.Length, 1, 1_000_000);
        var tree = await stores.Trees.UnpackAsync(Digest.Of(layer), () => new MemoryStream(layer), CancellationToken.None);
        Assert.Equal(await File.ReadAllBytesAsync(source + "/holes"), await File.ReadAllBytesAsync(tree + "/holes"));
        Assert.Equal("plain", File.ReadAllText(tree + "/after"));
    }

    [Fact]
    public async Task Attributes_of_users_are_kept_byte_for_byte_and_those_of_overlayfs_and_the_host_are_not()
    {
        var layer = new MemoryStream();
        using (var writer = new TarWriter(layer, TarEntryFormat.Pax, leaveOpen: true))
        {
            writer.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, "file", new Dictionary<string, string>
            {
                ["SCHILY.xattr.user.note"] = "a=b\0x",
                ["SCHILY.xattr.user.overlay.opaque"] = "y",
                ["SCHILY.xattr.security.capability"] = "x",
            })
            { Mode = (UnixFileMode)0x124, DataStream = new MemoryStream("content"u8.ToArray()) });
            writer.WriteEntry(new PaxTarEntry(TarEntryType.Directory, "folder", new Dictionary<string, string> { ["SCHILY.xattr.user.a"] = "1" }) { Mode = (UnixFileMode)0x1ed });
            writer.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, "without") { Mode = (UnixFileMode)0x1a4 });
        }
        // .NET writes no such value, and tar does.
        var bytes = layer.ToArray();
        bytes.AsSpan(bytes.AsSpan().IndexOf("a=b\0x"u8) + 1).Slice(0, 1)[0] = (byte)'\n';
        var tree = await stores.Trees.UnpackAsync(Digest.Of(bytes), () => new MemoryStream(bytes), CancellationToken.None);
        Assert.Equal("user.note=a\nb\0x", Attributes(tree + "/file"));
        Assert.Equal("user.a=1", Attributes(tree + "/folder"));
        Assert.Equal("", Attributes(tree + "/without"));
    }

    private static unsafe string Attributes(string path)
    {
        nint fd;
        fixed (byte* text = Encoding.UTF8.GetBytes(path + "\0"))
        {
            fd = Sys.Open(text, Sys.OReadOnly | Sys.OCloseOnExec);
        }
        Assert.True(fd >= 0, path);
        using var opened = new Fd((int)fd);
        var buffer = new byte[4096];
        fixed (byte* bytes = buffer)
        {
            var names = Encoding.UTF8.GetString(buffer, 0, (int)Sys.ListAttributes(opened.Number, bytes, (nuint)buffer.Length)).Split('\0', StringSplitOptions.RemoveEmptyEntries);
            var found = new List<string>();
            foreach (var name in names)
            {
                fixed (byte* attribute = Encoding.UTF8.GetBytes(name + "\0"))
                {
                    found.Add($"{name}={Encoding.UTF8.GetString(buffer, 0, (int)Sys.GetAttribute(opened.Number, attribute, bytes, (nuint)buffer.Length))}");
                }
            }
            return string.Join(' ', found);
        }
    }
}
