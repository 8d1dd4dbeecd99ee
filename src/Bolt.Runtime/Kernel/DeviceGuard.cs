using System.Runtime.InteropServices;
using System.Text;

namespace Bolt.Kernel;

/// <summary>Programs that decide over the devices of a cgroup of version 2 (bpf(2), BPF_PROG_TYPE_CGROUP_DEVICE).</summary>
internal static unsafe class DeviceGuard
{
    private const int Load = 5, Attach = 8, OpenById = 13, InformationOf = 15, Query = 16;
    private const uint CgroupDeviceProgram = 15, CgroupDevice = 6, AllowMulti = 2, Replace = 4;
    private const int MaxPrograms = 64;

    /// <summary>By which a later program finds the one that it takes the place of.</summary>
    private static ReadOnlySpan<byte> Name => "bolt_devices"u8;

    /// <summary>Sets or replaces a group's program; those of others stay, and all must allow.</summary>
    public static Errno Set(string group, ReadOnlySpan<byte> program)
    {
        nint opened;
        fixed (byte* path = Encoding.UTF8.GetBytes(group + "\0"))
            opened = Sys.Open(path, Sys.OReadOnly | Sys.ODirectory | Sys.OCloseOnExec);
        if (opened < 0)
            return opened.Error();
        using var folder = new Fd((int)opened);
        var loaded = LoadProgram(program);
        if (loaded < 0)
            return loaded.Error();
        using var guard = new Fd((int)loaded);
        using var old = Own(folder.Number, out var error);
        if (error != Errno.None)
            return error;
        var attach = new AttachArgument
        {
            Target = (uint)folder.Number,
            Program = (uint)guard.Number,
            Kind = CgroupDevice,
            Flags = AllowMulti | (old is null ? 0 : Replace),
            Replaced = (uint)(old?.Number ?? 0),
        };
        return Sys.Call(SystemCall.bpf, Attach, (nint)(&attach), sizeof(AttachArgument)).Error();
    }

    private static nint LoadProgram(ReadOnlySpan<byte> program)
    {
        fixed (byte* code = program, license = "Apache\0"u8)
        {
            var load = new LoadArgument { Kind = CgroupDeviceProgram, Count = (uint)(program.Length / 8), Code = (ulong)code, License = (ulong)license };
            Name.CopyTo(new Span<byte>(load.Name, 16));
            return Sys.Call(SystemCall.bpf, Load, (nint)(&load), sizeof(LoadArgument));
        }
    }

    private static Fd? Own(int folder, out Errno error)
    {
        var ids = stackalloc uint[MaxPrograms];
        var query = new QueryArgument { Target = (uint)folder, Kind = CgroupDevice, Ids = (ulong)ids, Count = MaxPrograms };
        error = Sys.Call(SystemCall.bpf, Query, (nint)(&query), sizeof(QueryArgument)).Error();
        for (var i = 0; error == Errno.None && i < query.Count; i++)
        {
            var open = new OpenArgument { Id = ids[i] };
            var opened = Sys.Call(SystemCall.bpf, OpenById, (nint)(&open), sizeof(OpenArgument));
            // Detached in the meantime.
            if (opened < 0)
                continue;
            var program = new Fd((int)opened);
            if (IsNamed(program.Number))
                return program;
            program.Dispose();
        }
        return null;
    }

    private static bool IsNamed(int program)
    {
        ProgramInformation information = default;
        var ask = new InformationArgument { Program = (uint)program, Length = (uint)sizeof(ProgramInformation), Information = (ulong)(&information) };
        return Sys.Call(SystemCall.bpf, InformationOf, (nint)(&ask), sizeof(InformationArgument)) >= 0
            && new ReadOnlySpan<byte>(information.Name, 16).TrimEnd((byte)0).SequenceEqual(Name);
    }

    // The beginnings of union bpf_attr that each command reads.
    private struct LoadArgument
    {
        public uint Kind, Count;
        public ulong Code, License;
        public uint LogLevel, LogSize;
        public ulong Log;
        public uint KernelVersion, Flags;
        public fixed byte Name[16];
    }

    private struct AttachArgument
    {
        public uint Target, Program, Kind, Flags, Replaced;
    }

    private struct QueryArgument
    {
        public uint Target, Kind, QueryFlags, AttachFlags;
        public ulong Ids;
        public uint Count, Padding;
    }

    private struct OpenArgument
    {
        public uint Id, Next, Flags;
    }

    private struct InformationArgument
    {
        public uint Program, Length;
        public ulong Information;
    }

    // struct bpf_prog_info, as far as its name.
    [StructLayout(LayoutKind.Explicit, Size = 80)]
    private struct ProgramInformation
    {
        [FieldOffset(64)] public fixed byte Name[16];
    }
}
