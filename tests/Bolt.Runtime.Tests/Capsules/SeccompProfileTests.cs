using System.Buffers.Binary;
using Bolt.Capsules;
using Bolt.Kernel;

namespace Bolt.Runtime.Tests.Capsules;

/// <summary>The program is run here by an interpreter of classic BPF, as the kernel would run it.</summary>
public class SeccompProfileTests
{
    private const uint Allow = 0x7FFF0000, Kill = 0x80000000, Refused = 0x00050000, X64 = 0xC000003E;

    [Theory]
    [InlineData(SystemCall.read)]
    [InlineData(SystemCall.execve)]
    [InlineData(SystemCall.fork)]
    [InlineData(SystemCall.futex)]
    [InlineData(SystemCall.getrandom)]
    [InlineData(SystemCall.openat2)]
    [InlineData(SystemCall.setresuid)]
    [InlineData(SystemCall.removexattrat)]
    internal void What_services_need_is_allowed(SystemCall call) => Assert.Equal(Allow, Judge((int)call));

    [Theory]
    [InlineData(SystemCall.mount)]
    [InlineData(SystemCall.umount2)]
    [InlineData(SystemCall.pivot_root)]
    [InlineData(SystemCall.move_mount)]
    [InlineData(SystemCall.open_tree)]
    [InlineData(SystemCall.fsopen)]
    [InlineData(SystemCall.unshare)]
    [InlineData(SystemCall.setns)]
    [InlineData(SystemCall.keyctl)]
    [InlineData(SystemCall.add_key)]
    [InlineData(SystemCall.bpf)]
    [InlineData(SystemCall.perf_event_open)]
    [InlineData(SystemCall.userfaultfd)]
    [InlineData(SystemCall.io_uring_setup)]
    [InlineData(SystemCall.kexec_load)]
    [InlineData(SystemCall.init_module)]
    [InlineData(SystemCall.open_by_handle_at)]
    [InlineData(SystemCall.settimeofday)]
    [InlineData(SystemCall.reboot)]
    [InlineData(SystemCall.modify_ldt)]
    internal void What_reaches_the_host_is_refused(SystemCall call) => Assert.Equal(Refused | (uint)Errno.EPERM, Judge((int)call));

    [Fact]
    public void Newer_calls_and_those_of_x32_do_not_exist()
    {
        Assert.Equal(Refused | (uint)Errno.ENOSYS, Judge(468));
        Assert.Equal(Refused | (uint)Errno.ENOSYS, Judge(0x40000000));
        Assert.Equal(Refused | (uint)Errno.ENOSYS, Judge(0x40000000 | (int)SystemCall.read));
        Assert.Equal(Refused | (uint)Errno.ENOSYS, Judge(-1));
        Assert.Equal(Refused | (uint)Errno.ENOSYS, Judge((int)SystemCall.clone3));
    }

    [Fact]
    public void Another_architecture_is_killed() => Assert.Equal(Kill, Judge((int)SystemCall.read, architecture: 0x40000003));

    [Theory]
    [InlineData(SystemCall.clone, 0x3D0F00UL, Allow)]
    [InlineData(SystemCall.clone, 0x10000011UL, Refused | 1)]
    [InlineData(SystemCall.clone, 0x00020011UL, Refused | 1)]
    [InlineData(SystemCall.clone, 0x02000011UL, Refused | 1)]
    [InlineData(SystemCall.clone, 0x40000011UL, Refused | 1)]
    [InlineData(SystemCall.personality, 0UL, Allow)]
    [InlineData(SystemCall.personality, 0xFFFFFFFFUL, Allow)]
    [InlineData(SystemCall.personality, 0x0400000UL, Refused | 1)]
    [InlineData(SystemCall.socket, 1UL, Allow)]
    [InlineData(SystemCall.socket, 2UL, Allow)]
    [InlineData(SystemCall.socket, 10UL, Allow)]
    [InlineData(SystemCall.socket, 16UL, Allow)]
    [InlineData(SystemCall.socket, 17UL, Refused | 97)]
    [InlineData(SystemCall.socket, 38UL, Refused | 97)]
    [InlineData(SystemCall.socket, 40UL, Refused | 97)]
    // The kernel looks at the low word of an int alone, and so must the filter.
    [InlineData(SystemCall.socket, 0x100000028UL, Refused | 97)]
    internal void First_arguments_are_looked_at(SystemCall call, ulong argument, uint answer) =>
        Assert.Equal(answer, Judge((int)call, argument));

    [Theory]
    [InlineData(0x5413UL, Allow)]
    [InlineData(0x5412UL, Refused | 1)]
    [InlineData(0xFFFFFFFF00005412UL, Refused | 1)]
    public void No_input_is_pushed_into_a_terminal(ulong request, uint answer) =>
        Assert.Equal(answer, Judge((int)SystemCall.ioctl, 0, request));

    [Fact]
    public void It_is_no_longer_than_the_kernel_takes() => Assert.InRange(SeccompProfile.Program.Length / 8, 50, 4096);

    private static uint Judge(int number, ulong first = 0, ulong second = 0, uint architecture = X64)
    {
        // struct seccomp_data { int nr; __u32 arch; __u64 instruction_pointer; __u64 args[6]; }
        var data = new byte[64];
        BinaryPrimitives.WriteInt32LittleEndian(data, number);
        BinaryPrimitives.WriteUInt32LittleEndian(data.AsSpan(4), architecture);
        BinaryPrimitives.WriteUInt64LittleEndian(data.AsSpan(16), first);
        BinaryPrimitives.WriteUInt64LittleEndian(data.AsSpan(24), second);
        var program = SeccompProfile.Program.AsSpan();
        var word = 0u;
        for (var at = 0; ; at++)
        {
            var code = BinaryPrimitives.ReadUInt16LittleEndian(program[(at * 8)..]);
            var (yes, no) = (program[at * 8 + 2], program[at * 8 + 3]);
            var value = BinaryPrimitives.ReadUInt32LittleEndian(program[(at * 8 + 4)..]);
            switch (code)
            {
                case 0x20: word = BinaryPrimitives.ReadUInt32LittleEndian(data.AsSpan((int)value)); break;
                case 0x15: at += word == value ? yes : no; break;
                case 0x35: at += word >= value ? yes : no; break;
                case 0x45: at += (word & value) != 0 ? yes : no; break;
                case 0x05: at += (int)value; break;
                case 0x06: return value;
                default: throw new InvalidOperationException($"instruction {code:x}");
            }
        }
    }
}
